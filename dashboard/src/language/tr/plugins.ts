import type { plugins as english } from "../en/plugins";

export const plugins: typeof english = {
  plugins: {
    title: "Eklentiler",
    note: "Yerleşik olanlar da sizinkilerle aynı kapıdan girer",
    none: "Kurulu eklenti yok",
    unknown: "Yüklenemeyenler",
    pipeline: "Boru hatları",
    agent: "Ajanlar",
    notifier: "Bildiriciler",
    source: "Kaynaklar",
    task_kind: "Görev türleri",
    metric: "Ölçütler",
    name: "Ad",
    does: "Ne yapar",
    origin: "Nereden geldi",
    state: "Durum",
    use: "Kullan",
    ok: "çalışıyor",
    broken: "bozuk",
    run: "Çalıştır",
  },
};
