import type { targets as english } from "../en/targets";

export const targets: typeof english = {
  targets: {
    title: "Bildirim hedefleri",
    note: "Otomasyonların iletilerini gönderdiği yerler; gizli bilgiler bir daha gösterilmez",
    none: "Henüz hedef yok: otomasyonlar ileti gönderemez.",
    add: "Hedef ekle",
    create: "Ekle",
    notifier: "Yöntem",
    language: "İletilerin dili",
    group: "İletileri birleştirme süresi (saniye)",
    groupHint: "Bir otomasyonun bu süre içindeki iletileri tek ileti olur.",
    escalateTo: "Üst hedef",
    escalateAfter: "Şu kadar süre onaylanmazsa (saniye)",
    nowhere: "başka hedef yok",
    test: "Deneme gönder",
    messages: "En yeni iletiler",
    message: "İleti",
    target: "Hedef",
    acknowledge: "Onayla",
    acknowledged: "onaylandı",
    states: { waiting: "Bekliyor", sent: "Gönderildi", failed: "Gönderilemedi", silenced: "Sessize alındı" },
  },
};
