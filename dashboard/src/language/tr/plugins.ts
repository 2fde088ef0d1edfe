import type { plugins as english } from "../en/plugins";

export const plugins: typeof english = {
  plugins: {
    title: "Eklentiler",
    note: "Yerleşik eklentiler ve sizinkiler aynı giriş noktalarını kullanır",
    none: "Kurulu eklenti yok",
    unknown: "Yüklenemeyenler",
    pipeline: "Pipeline'lar",
    agent: "Ajanlar",
    notifier: "Bildiriciler",
    source: "Kaynaklar",
    task_kind: "Görev türleri",
    metric: "Metrikler",
    learner: "Öğreniciler",
    features: "Öznitelikler",
    name: "Ad",
    does: "Açıklama",
    origin: "Köken",
    state: "Durum",
    use: "Kullan",
    ok: "sağlam",
    broken: "bozuk",
    run: "Çalıştır",
  },
};
