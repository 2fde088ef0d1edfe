"""Texts about the loop, and about a model as known on a day."""

from __future__ import annotations

from collections.abc import Mapping

#: key → (English, Turkish)
LOOP: Mapping[str, tuple[str, str]] = {
    # how long ago and for how long
    "ago.now": ("just now", "az önce"),
    "ago.minutes": ("{count} [minute|minutes] ago", "{count} dakika önce"),
    "ago.hours": ("{count} h ago", "{count} saat önce"),
    "ago.days": ("{count} [day|days] ago", "{count} gün önce"),
    "for.now": ("for less than a minute", "bir dakikadan kısa süredir"),
    "for.minutes": ("for {count} [minute|minutes]", "{count} dakikadır"),
    "for.hours": ("for {count} h", "{count} saattir"),
    "for.days": ("for {count} [day|days]", "{count} gündür"),
    # the line
    "loop.observed": ("observed {ago}", "{ago} gözlendi"),
    "loop.observed.none": ("nothing observed", "gözlem yok"),
    "loop.observed.running": ("observing", "gözleniyor"),
    "loop.observed.failed": ("refresh failed {ago}", "yenileme {ago} başarısız oldu"),
    "loop.predicted": ("predicted {ago}", "{ago} tahmin edildi"),
    "loop.predicted.none": ("nothing predicted", "tahmin yok"),
    "loop.predicted.running": ("predicting", "tahmin ediliyor"),
    "loop.predicted.failed": ("forecast failed {ago}", "tahmin {ago} başarısız oldu"),
    "loop.judged": ("judged {count}", "{count} nokta değerlendirildi"),
    "loop.judged.none": ("nothing judged", "değerlendirilen yok"),
    "loop.learned": ("learned {ago}", "{ago} öğrendi"),
    "loop.learned.none": ("nothing learned here", "burada öğrenme yok"),
    "loop.learned.running": ("learning", "öğreniyor"),
    "loop.learned.failed": ("training failed {ago}", "eğitim {ago} başarısız oldu"),
    "loop.gate": ("gate: {decision}", "kapı: {decision}"),
    "loop.gate.none": ("gate: no verdict", "kapı: karar yok"),
    "loop.champion": ("champion v{version} {since}", "şampiyon v{version}, {since}"),
    "loop.champion.none": ("no champion", "şampiyon yok"),
    "gate.promoted": ("promoted", "terfi etti"),
    "gate.approved": ("approved, waits for a person", "onaylandı, bir kişinin kararını bekliyor"),
    "gate.baseline": ("a baseline took the title", "unvanı temel yöntem aldı"),
    "gate.refused": ("refused", "reddedildi"),
    "gate.not_comparable": ("not comparable", "karşılaştırılamadı"),
    "why.within_noise": ("within noise", "fark gürültü düzeyinde"),
    "why.worse": ("worse than the best baseline", "en iyi temel yöntemden kötü"),
    "why.too_few": ("not yet known", "henüz bilinmiyor"),
    "why.slice_worse": ("worse on a guarded slice", "korunan bir dilimde daha kötü"),
    "why.limits": ("beyond a limit of the policy", "politikanın bir sınırı aşıldı"),
    "why.withheld": ("withheld", "bekletiliyor"),
    "loop.open": ("{step} (open)", "{step} (açık)"),
    "loop_step": ("step", "adım"),
    "loop_last": ("last", "en son"),
    "loop_result": ("result", "sonuç"),
    "loop_by": ("triggered by", "tetikleyen"),
    "loop_link": ("link", "bağlantı"),
    "step.observed": ("observe", "gözlem"),
    "step.predicted": ("predict", "tahmin"),
    "step.judged": ("judge", "değerlendirme"),
    "step.learned": ("learn", "öğrenme"),
    "step.gate": ("gate", "kapı"),
    "step.champion": ("promote", "terfi"),
    "loop_state.none": ("never", "hiç"),
    "loop_state.running": ("running", "çalışıyor"),
    "loop_state.done": ("done", "tamam"),
    "loop_state.failed": ("failed", "başarısız"),
    "trigger.automation": ("automation {name}", "otomasyon {name}"),
    "trigger.schedule": ("schedule {name}", "zamanlama {name}"),
    "trigger.arrivals": ("rows that are sent regularly", "düzenli gönderilen satırlar"),
    "trigger.requests": ("regular requests", "düzenli istekler"),
    "trigger.platform": ("the step before", "önceki adım"),
    "missing.refresh": (
        "Open: nothing asks the source for new rows. Set it up: {command}",
        "Açık: kaynaktan yeni satır isteyen bir şey yok. Kurmak için: {command}",
    ),
    "missing.append": (
        "Open: no rows arrive. Add them regularly: {command}",
        "Açık: satır gelmiyor. Düzenli eklemek için: {command}",
    ),
    "missing.forecast": (
        "Open: no automation makes forecasts. Set it up: {command}",
        "Açık: tahmin üreten bir otomasyon yok. Kurmak için: {command}",
    ),
    "missing.train": (
        "Open: no automation trains this model again. Set it up: {command}",
        "Açık: bu modeli yeniden eğiten bir otomasyon yok. Kurmak için: {command}",
    ),
    "missing.promotion": (
        "Open: the policy leaves promotion to a person. Let the gate promote: {command}",
        "Açık: politika terfiyi bir kişiye bırakıyor. Kapının terfi ettirmesi için: {command}",
    ),
    "missing.champion": (
        "No version is champion, so nothing serves. Where its result is good enough, promote one: {command}",
        "Şampiyon yok, bu yüzden tahmin veren bir sürüm de yok. Sonucu yeterliyse terfi ettirin: {command}",
    ),
    "missing.version": (
        "There is no version yet. Train one: {command}",
        "Henüz sürüm yok. Eğitmek için: {command}",
    ),
    # as known on a day
    "as_of": ("{model} as known at {at}", "{model}, {at} anında bilindiği gibi"),
    "as_of.before_model": (
        "The model did not exist then; it was created at {created}.",
        "Model o sırada yoktu; {created} tarihinde oluşturuldu.",
    ),
    "as_of.before_first": ("No version had ever been {alias} then.", "O ana dek hiçbir sürüm {alias} olmamıştı."),
    "as_of.removed": (
        "No version was {alias} then: the alias had been removed.",
        "O sırada {alias} olan sürüm yoktu: takma ad kaldırılmıştı.",
    ),
    "as_of.holder": (
        "{alias} was v{version} ({plugin}), from {start} until {until}.",
        "{alias}: v{version} ({plugin}), {start} – {until}.",
    ),
    "as_of.data": (
        "Newest data: {name} v{version}, {rows} [row|rows], the last at {end}.",
        "En yeni veri: {name} v{version}, {rows} satır, sonuncusu {end}.",
    ),
    "as_of.no_forecast": (
        "No forecast of the ledger had been given by then.",
        "Defterde o ana dek verilmiş bir tahmin yok.",
    ),
    "as_of.ledger_since": (
        "The ledger has forecasts since {at}; older ones may have been removed by the retention policy.",
        "Defterdeki en eski tahmin {at} tarihli; daha eskileri saklama politikasıyla silinmiş olabilir.",
    ),
    "as_of.forecast": (
        "Forecast of {target}{unit} that stood, made at {made} by v{version} from {data}. Outcomes known now:"
        " {known} of {of}.",
        "O anda geçerli {target}{unit} tahmini: {made} tarihinde v{version} tarafından, {data} ile yapıldı; {of}"
        " sonuçtan {known} tanesi şimdi biliniyor.",
    ),
    "as_of.sent_rows": ("rows that were sent", "gönderilen satırlar"),
    "as_of.version": ("{name} v{version}", "{name} v{version}"),
    "as_of.happened": ("happened", "gerçekleşen"),
    "as_of.inside": ("inside the interval", "aralıkta"),
    # forecasts as files
    "forecast_written": ("Written: {path}", "Yazıldı: {path}"),
    "to_ending": (
        "--to writes .csv and .xlsx only; {path} is neither",
        "--to yalnızca .csv ve .xlsx yazar; {path} bunlardan biri değil",
    ),
    "to_alone": (
        "--to writes forecasts of the ledger; scenarios do not enter it. Leave one of them out.",
        "--to defterdeki tahminleri yazar; senaryolar deftere girmez. Birini çıkarın.",
    ),
    "to_too_many": (
        "{count} [forecast is|forecasts are] too many for one file; at most {most}. Name some with --series.",
        "{count} tahmin bir dosya için çok fazla; en çok {most}. --series ile seçin.",
    ),
}
