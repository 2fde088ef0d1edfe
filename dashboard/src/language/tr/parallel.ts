import type { parallel as english } from "../en/parallel";

export const parallel: typeof english = {
  parallel: {
    color: "Renklendir",
    noColor: "Tek renk",
    count_one: "{{all}} çizgiden {{shown}} tanesi uyuyor",
    count_other: "{{all}} çizgiden {{shown}} tanesi uyuyor",
    clear: "Bütün süzgeçleri kaldır",
    axis: "{{name}} ekseni, {{at}} / {{count}}; ok tuşları yerini değiştirir",
    scale: "{{name}} ölçeği",
    kinds: { linear: "doğrusal", log: "logaritmik", category: "kategori" },
    low: "{{name}} alt sınırı",
    high: "{{name}} üst sınırı",
    hint: "Süzmek için eksen boyunca sürükleyin; eksene tıklayınca süzgeci kalkar. Yerini değiştirmek için adı sürükleyin. Klavyeyle: ad üzerinde ok tuşları ekseni taşır, eksenin uçlarındaki çubuklarda sınırları belirler.",
    tooFew: "Değeri olan sütun sayısı bu grafiği çizmeye yetmiyor.",
  },
  scatter: {
    x: "Yatay eksen",
    y: "Dikey eksen",
    none: "İki sütunda da değeri olan satır yok.",
    keys: "Noktaları ok tuşlarıyla okuyun",
    label_one: "{{x}} üzerinde {{y}} serpilme grafiği, {{count}} nokta; aynı değer tabloda da var",
    label_other: "{{x}} üzerinde {{y}} serpilme grafiği, {{count}} nokta; aynı değerler tabloda da var",
  },
};
