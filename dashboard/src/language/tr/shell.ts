import type { shell as english } from "../en/shell";

export const shell: typeof english = {
  common: { loading: "Yükleniyor…", close: "Kapat", more: "Daha fazla göster", yes: "evet", no: "hayır", notYetKnown: "henüz bilinmiyor" },
  errors: {
    unexpected: "Bir şeyler ters gitti. Sayfayı yeniden yükleyin; hata sürerse platformun günlüğüne bakın.",
    unreachable: "Platform yanıt vermiyor. Çalışıyor mu? “azuraforge up” ile başlatın.",
    where: "Nerede: {{where}}",
    next: "Ne yapmalı: {{next}}",
    noPage: "Böyle bir sayfa yok.",
  },
  theme: { switch: "Tema: {{current}}. Değiştir", auto: "sistem", light: "açık", dark: "koyu" },
  signIn: {
    title: "Giriş",
    how: "Giriş, tek kullanımlık bir bağlantıyla yapılır. Yeni bir bağlantıyı platformun çalıştığı makinenin terminalinden alın:",
    then: "Komutun yazdırdığı bağlantıyı açın. Bağlantı bir kez kullanılabilir ve on dakika geçerlidir.",
  },
  shell: {
    zone: "Saatler {{zone}} saat dilimindedir; serilerin satırları serinin kendi saat dilimindedir.",
    skip: "İçeriğe geç",
    places: "Gezinme",
    runs: "Çalıştırmalar",
    studies: "Aramalar",
    models: "Modeller",
    datasets: "Veri kümeleri",
    schedules: "Zamanlamalar",
    automations: "Otomasyonlar",
    plugins: "Eklentiler",
    trash: "Çöp kutusu",
    tokens: "Jetonlar",
    secrets: "Sırlar",
    guide: "Kılavuz",
    guideNote: "Bu sayfanın kılavuzu, yeni sekmede",
    signOut: "Çıkış yap",
    projectNote: "Proje. Oturumu açan: {{user}} ({{role}})",
    reconnecting: "Canlı bağlantı koptu; yeniden bağlanılıyor …",
  },
  roles: { viewer: "izleyici", member: "üye", admin: "yönetici", owner: "sahip" },
};
