import type { shell as english } from "../en/shell";

export const shell: typeof english = {
  common: { loading: "Yükleniyor…", close: "Kapat", more: "Daha fazla göster", yes: "evet", no: "hayır", notYetKnown: "henüz bilinmiyor" },
  errors: {
    unexpected: "Burada bir şeyler ters gitti. Sayfayı yeniden yükleyin; sürerse platformun günlüğüne bakın.",
    unreachable: "Platform yanıt vermiyor. Çalışıyor mu? “azuraforge up” ile başlatın.",
    where: "Nerede: {{where}}",
    next: "Ne yapmalı: {{next}}",
    noPage: "Böyle bir sayfa yok.",
  },
  theme: { switch: "Tema: {{current}}. Değiştir", auto: "sistem gibi", light: "açık", dark: "koyu" },
  signIn: {
    title: "Giriş",
    how: "Tek kullanımlık bir bağlantıyla giriş yapılır. Platformun çalıştığı makinede, terminalde yenisini alın:",
    then: "Yazdırdığı bağlantıyı açın. Bir kez, on dakika içinde çalışır.",
  },
  shell: {
    zone: "Saatler {{zone}} diliminde; bir serinin satırları kendi dilimindedir.",
    skip: "İçeriğe geç",
    places: "Bölümler",
    runs: "Çalıştırmalar",
    studies: "Arama çalışmaları",
    models: "Modeller",
    datasets: "Veri kümeleri",
    schedules: "Zamanlamalar",
    automations: "Otomasyonlar",
    plugins: "Eklentiler",
    trash: "Çöp kutusu",
    tokens: "Belirteçler",
    secrets: "Sırlar",
    guide: "Kılavuz",
    guideNote: "Bu sayfanın kılavuzu, yeni sekmede",
    signOut: "Çıkış yap",
    projectNote: "Proje. {{user}} olarak giriş yapıldı ({{role}})",
    reconnecting: "Canlı bağlantı koptu; yeniden kuruluyor …",
  },
  roles: { viewer: "izleyici", member: "üye", admin: "yönetici", owner: "sahip" },
};
