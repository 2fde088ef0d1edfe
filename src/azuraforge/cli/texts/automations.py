"""Texts about automations, notifications and models that are kept fresh."""

from __future__ import annotations

from collections.abc import Mapping

#: key → (English, Turkish)
AUTOMATIONS: Mapping[str, tuple[str, str]] = {
    # automations and notifications
    "no_automations": (
        "No automations yet. Make one: azuraforge automations create NAME --file automation.json",
        "Henüz otomasyon yok. Oluşturmak için: azuraforge automations create AD --file otomasyon.json",
    ),
    "steps": ("steps", "adımlar"),
    "cause": ("cause", "neden"),
    "causes": ("causes", "nedenler"),
    "cool_down": ("cool-down", "bekleme süresi"),
    "cool_down_group": ("shares it with the group", "süreyi paylaştığı grup"),
    "cool_down_of": ("{seconds} s; at most {most} firings a day", "{seconds} sn; günde en çok {most} tetiklenme"),
    "firings_told": (
        "{fires} made; causes held back {grouped}, withheld {withheld}, waiting {pending}",
        "{fires} kez tetiklendi; {grouped} neden sonraya bırakıldı, {withheld} neden engellendi, {pending} neden"
        " bekliyor",
    ),
    "automation_needs": (
        "the file needs `when` (an object) and `steps` (a list)",
        "dosyada `when` (nesne) ve `steps` (liste) olmalı",
    ),
    "automation_fields": (
        "besides `when` and `steps` the file may hold cool_down_seconds and most_per_day, both whole numbers, and"
        " cool_down_group, a name",
        "dosyada `when` ve `steps` dışında yalnızca cool_down_seconds ve most_per_day (tam sayı) ile cool_down_group"
        " (ad) bulunabilir",
    ),
    "automation_made": ("Automation {name}: {when}.", "Otomasyon {name}: {when}."),
    "automation_changed": ("Automation {name} is changed: {when}.", "Otomasyon {name} değişti: {when}."),
    "automation_unchanged": (
        "nothing to change: give --file or --name",
        "değişecek bir şey yok: --file ya da --name verin",
    ),
    "automation_paused": ("Automation {name} is paused.", "Otomasyon {name} duraklatıldı."),
    "automation_resumed": ("Automation {name} fires again.", "Otomasyon {name} yeniden çalışıyor."),
    "automation_fired": ("Automation {name} fires.", "Otomasyon {name} tetiklendi."),
    "automation_waits": (
        "Automation {name} fires when its cool-down or its present firing ends.",
        "Otomasyon {name}, bekleme süresi ya da süren tetiklenmesi bitince tetiklenecek.",
    ),
    "automation_deleted": (
        "Automation {name} is deleted; the runs that it queued stay.",
        "Otomasyon {name} silindi; sıraya aldığı çalıştırmalar duruyor.",
    ),
    "would_have_fired": (
        "Since {since}: causes {causes}, firings {fires}, causes held back {grouped}, causes withheld {withheld}.",
        "{since} tarihinden beri: neden {causes}, tetiklenme {fires}, sonraya bırakılan neden {grouped}, engellenen"
        " neden {withheld}.",
    ),
    "do.refresh": ("refresh", "yenile"),
    "do.forecast": ("forecast", "tahmin et"),
    "do.predict": ("predict for all rows", "bütün satırlar için tahmin et"),
    "do.train": ("train", "eğit"),
    "do.study": ("study", "arama çalışması"),
    "do.notify": ("notify", "bildir"),
    "do.promote": ("promote", "terfi ettir"),
    "do.roll_back": ("roll back", "geri al"),
    "no_notifications": ("No messages yet.", "Henüz ileti yok."),
    "no_targets": (
        "No targets yet. Add one: azuraforge notifications add-target NAME webhook --set url=https://…",
        "Henüz hedef yok. Eklemek için: azuraforge notifications add-target AD webhook --set url=https://…",
    ),
    "message": ("message", "ileti"),
    "notifier": ("notifier", "bildirici"),
    "options": ("options", "seçenekler"),
    "acknowledged": ("acknowledged", "onaylandı"),
    "escalates_to": ("escalates to", "üst hedef"),
    "silenced_until": ("silenced until", "sessiz, şu ana dek"),
    "state.waiting": ("waiting", "bekliyor"),
    "state.skipped": ("skipped", "atlandı"),
    "notification.waiting": ("waiting", "bekliyor"),
    "notification.sent": ("sent", "gönderildi"),
    "notification.failed": ("failed", "gönderilemedi"),
    "notification.silenced": ("silenced", "sessize alındı"),
    "target_made": ("Target {name} is added.", "Hedef {name} eklendi."),
    "target_changed": ("The options of target {name} are replaced.", "Hedef {name} için seçenekler yenilendi."),
    "secrets": ("secrets", "sırlar"),
    "target_silenced": ("Target {name} gets nothing until {time}.", "Hedef {name}, {time} anına dek ileti almaz."),
    "target_speaks": ("Target {name} gets messages.", "Hedef {name} ileti alır."),
    "target_deleted": ("Target {name} is deleted.", "Hedef {name} silindi."),
    "message_queued": ("Message {id} is in the outbox.", "İleti {id} gönderim kutusunda."),
    "message_acknowledged": ("Message {id} is acknowledged.", "İleti {id} onaylandı."),
    # keeping a model fresh
    "fresh_alone": (
        "--off and --show stand alone: leave out the other options",
        "--off ve --show tek başına kullanılır: diğer seçenekleri yazmayın",
    ),
    "fresh_on": ("Automations keep {model} fresh:", "{model} modelini güncel tutan otomasyonlar:"),
    "fresh_off": (
        "No automation keeps {model} fresh any more; runs that were queued stay.",
        "{model} modelini artık hiçbir otomasyon güncel tutmuyor; sıradaki çalıştırmalar duruyor.",
    ),
    "fresh_not": (
        "keep-fresh has set up no automations for {model}. Set them up: azuraforge models keep-fresh {model}",
        "{model} için keep-fresh ile kurulmuş otomasyon yok. Kurmak için: azuraforge models keep-fresh {model}",
    ),
    "fresh_other": (
        "Made by hand, and acts on this model: {name}",
        "Elle kurulmuş ve bu modelde çalışıyor: {name}",
    ),
    "fresh_offer": (
        "Keep it fresh (refresh, judge, retrain, gate): azuraforge models keep-fresh {model}",
        "Güncel tutmak için (yenile, sına, eğit, kapı): azuraforge models keep-fresh {model}",
    ),
    "fresh_append": (
        "Dataset {dataset} has no source to ask: add rows with azuraforge datasets add --append FILE --name {dataset}",
        "{dataset} veri kümesinin sorulacak bir kaynağı yok; satır eklemek için: azuraforge datasets add --append "
        "DOSYA --name {dataset}",
    ),
    "fresh_promotes": (
        "The gate promotes a version that passes it.",
        "Kapıdan geçen sürüm kendiliğinden terfi eder.",
    ),
    "fresh_approves": (
        "The gate approves a version that passes it; a person promotes: azuraforge models promote {model} VERSION",
        "Kapıdan geçen sürüm onaylanır; terfi kararını bir kişi verir: azuraforge models promote {model} SÜRÜM",
    ),
    "fresh_outdated": (
        "The champion was trained in another way than the automations retrain. To follow it: azuraforge models "
        "keep-fresh {model}",
        "Şampiyon, otomasyonların eğittiğinden başka biçimde eğitilmiş. Ona uymaları için: azuraforge models "
        "keep-fresh {model}",
    ),
    "fresh_worse": (
        "Version {version} is worse than the baseline {baseline} beyond noise, by its judged predictions.",
        "Sonuçları bilinen tahminlerine göre {version}. sürüm, {baseline} temel yönteminden rastlantıyı aşacak kadar "
        "kötü.",
    ),
    "fresh_not_worse": (
        "Version {version} is not shown to be worse than the baselines, by its judged predictions.",
        "Sonuçları bilinen tahminlerine göre {version}. sürümün temel yöntemlerden kötü olduğu gösterilemedi.",
    ),
    "fresh.refresh": ("refresh the dataset {refresh}", "veri kümesini yenile, {refresh}"),
    "fresh.forecast": ("forecast after new rows", "yeni satırlardan sonra tahmin et"),
    "fresh.retrain_regularly": ("retrain {retrain}", "yeniden eğit, {retrain}"),
    "fresh.retrain_on_drift": ("retrain on drift", "kaymada (drift) yeniden eğit"),
    "fresh.retrain_when_worse": ("retrain when worse than a baseline", "temel yöntemden kötüyse yeniden eğit"),
    "fresh.report": ("report trouble", "sorunları bildir"),
    "cadence.hourly": ("every hour", "her saat"),
    "cadence.daily": ("every day", "her gün"),
    "cadence.weekly": ("every week", "her hafta"),
    "cadence.monthly": ("every 30 days", "30 günde bir"),
    "cadence.never": ("never", "hiç"),
    "cadence.every": ("every {distance}", "{distance} aralıkla"),
}
