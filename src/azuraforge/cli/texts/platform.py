"""Texts about the platform: start and stop, database, demo, plugins, schedules, trash, tokens."""

from __future__ import annotations

from collections.abc import Mapping

#: key → (English, Turkish)
PLATFORM: Mapping[str, tuple[str, str]] = {
    # platform
    "up_ready": ("AzuraForge runs at {url}", "AzuraForge çalışıyor: {url}"),
    "up_link": ("Sign in (once, within 10 minutes): {url}", "Giriş (bir kez, 10 dakika içinde): {url}"),
    "kernels.compiling": (
        "Compiling the engine's kernels for this processor (once, a few seconds) …",
        "Motorun çekirdekleri bu işlemci için derleniyor (bir kez, birkaç saniye) …",
    ),
    "kernels.ready": (
        "Kernels for {detail} are ready after {seconds} s.",
        "{detail} çekirdekleri {seconds} sn sonra hazır.",
    ),
    "kernels.unavailable": (
        "The engine computes with NumPy, which is slower: {detail}",
        "Motor NumPy ile hesaplıyor, bu daha yavaş: {detail}",
    ),
    "up_no_pages": (
        "The dashboard is not built, so {url} shows no pages; the API and every command work. To get the pages, "
        "install Node 20.19 or newer and run `make dashboard`, or install a wheel, which contains them.",
        "Panel derlenmemiş: {url} sayfa göstermez, API ve bütün komutlar çalışır. Sayfalar için Node 20.19 veya üstünü "
        "kurup `make dashboard` çalıştırın ya da paneli içeren bir wheel kurun.",
    ),
    "up_stop": ("Ctrl-C stops it.", "Ctrl-C ile durur."),
    "up_stopped": ("Stopped.", "Durdu."),
    # promises that this machine does not let the platform keep; see docs/reliability.md
    "promise.detached": (
        "On this system, a program that a run detaches and whose environment the system hides outlives the run.",
        "Bu sistemde, bir çalıştırmanın kendinden ayırdığı ve ortamı sistemce gizlenen program çalıştırmadan sonra da "
        "yaşar.",
    ),
    "promise.stuck": (
        "On this system, a run stuck in native code outlives a platform that is killed, until the next start.",
        "Bu sistemde, yerel kodda takılan bir çalıştırma, zorla sonlandırılan platformdan sonra bir sonraki başlangıca "
        "kadar yaşar.",
    ),
    "promise.certain": (
        "On this system, a stray process is checked just before it is killed, not held in between.",
        "Bu sistemde, başıboş bir süreç öldürülmeden hemen önce denetlenir, arada tutulamaz.",
    ),
    "promise.memory": (
        "On this system, memory that the processes of a run share counts once for each of them towards its limit.",
        "Bu sistemde, bir çalıştırmanın süreçlerinin paylaştığı bellek, sınıra her süreç için ayrı sayılır.",
    ),
    "promise.reading": (
        "On this system, the memory of a process that reads a file or a source is not limited.",
        "Bu sistemde, dosya ya da kaynak okuyan bir sürecin belleği sınırlanmaz.",
    ),
    "promise.restore": (
        "On this system, a PostgreSQL program that a backup or restore started can outlive that command if it is "
        "killed: before you start the platform, make sure that no psql or pg_dump is left.",
        "Bu sistemde, bir yedekleme ya da geri yükleme zorla sonlandırılırsa başlattığı PostgreSQL programı yaşamaya "
        "devam edebilir: platformu başlatmadan önce geride psql ya da pg_dump kalmadığından emin olun.",
    ),
    "promise_guide": ("See docs/reliability.md.", "Bkz. docs/reliability.tr.md."),
    "worker_ready": (
        "Worker {name}: {slots} at once, from the queues {queues}. Ctrl-C stops it.",
        "İşçi {name}: aynı anda {slots} çalıştırma, kuyruklar {queues}. Ctrl-C ile durur.",
    ),
    "worker_stopped": (
        "Stopped. What ran here goes on elsewhere, from its last checkpoint.",
        "Durdu. Burada çalışanlar başka yerde, son denetim noktasından sürer.",
    ),
    "scheduler_ready": ("The scheduler runs. Ctrl-C stops it.", "Zamanlayıcı çalışıyor. Ctrl-C ile durur."),
    "unknown_queue": ("there is no queue {queue!r}", "{queue!r} diye bir kuyruk yok"),
    "temporary_start": (
        "No platform runs here; starting one for this command …",
        "Burada çalışan platform yok; bu komut için başlatılıyor …",
    ),
    "others_use_it": (
        "Another command uses this platform; it stops when that one ends. Ctrl-C stops it now.",
        "Bu platformu başka bir komut kullanıyor; o bitince durur. Ctrl-C hemen durdurur.",
    ),
    "link_needs_platform": (
        "no platform runs on this data home, and a link opens a running one",
        "bu veri klasöründe çalışan platform yok; bağlantı ancak çalışan bir platformu açar",
    ),
    "link_until": ("Works once, until {time}.", "Bir kez, {time} saatine kadar geçerli."),
    "shipped": ("{name}: everything is with the platform (run {run}).", "{name}: hepsi platformda (çalıştırma {run})."),
    "not_shipped": ("{name}: {problem} Kept in {path}.", "{name}: {problem} Şurada duruyor: {path}."),
    "nothing_to_ship": ("No journals are waiting.", "Bekleyen günlük yok."),
    # database
    "database": ("database", "veritabanı"),
    "schema": ("schema", "şema"),
    "newest": ("newest", "en yeni"),
    "unknown": ("not known", "bilinmiyor"),
    "database_current": ("The schema is up to date ({revision}).", "Şema güncel ({revision})."),
    "database_upgraded": ("Schema upgraded: {before} → {after}.", "Şema yükseltildi: {before} → {after}."),
    "database_sound": ("The database is sound.", "Veritabanı sağlam."),
    "database_saved": (
        "{rows} [row|rows] saved and verified: {file} ({bytes} bytes).",
        "{rows} satır kaydedildi ve doğrulandı: {file} ({bytes} bayt).",
    ),
    "artifacts_listed": (
        "{count} [file|files] of artifacts [is|are] listed in it; copy [it|them] too: {folder}",
        "İçinde {count} dosya listelendi; onları da kopyalayın: {folder}",
    ),
    "database_restored": (
        "{rows} [row|rows] restored, as of {moment}.",
        "{rows} satır geri yüklendi, {moment} anındaki hâliyle.",
    ),
    "database_kept": (
        "The database that was there is kept: {path}",
        "Önceki veritabanı saklandı: {path}",
    ),
    "database_held": (
        "Files that the restored database does not know, and its trash, are left alone for the projects' trash"
        " period (30 days where none is set, at least 7).",
        "Geri yüklenen veritabanının bilmediği dosyalara ve çöp kutusuna, projelerin çöp süresi boyunca dokunulmaz"
        " (ayarlanmadıysa 30 gün, en az 7).",
    ),
    "database_created": (
        "Created an empty database in {folder}. Existing files stay and belong to no project.",
        "{folder} içinde boş veritabanı oluşturuldu. Oradaki dosyalar durur, ama hiçbir projeye ait değildir.",
    ),
    "artifacts_missing": (
        "{count} [file|files] of artifacts that it names [is|are] not here; copy [it|them] to {folder}",
        "Sözünü ettiği {count} dosya burada yok; şuraya kopyalayın: {folder}",
    ),
    # demo
    "demo_dataset": ("Dataset {name} v{version}: {rows} [row|rows].", "Veri kümesi {name} v{version}: {rows} satır."),
    "demo_watch": ("Watch it in the browser: {url}", "Tarayıcıda izleyin: {url}"),
    "demo_open": (
        "Open this run in the browser (link works once): {url}",
        "Bu çalıştırmayı tarayıcıda açın (bağlantı bir kez geçerli): {url}",
    ),
    "demo_later": (
        "See this run in the browser: azuraforge up, then azuraforge link --next {path}",
        "Bu çalıştırmayı tarayıcıda görmek için: azuraforge up, ardından azuraforge link --next {path}",
    ),
    "demo_again": (
        "Show this run again: azuraforge runs show {id}",
        "Bu çalıştırmayı yeniden görmek için: azuraforge runs show {id}",
    ),
    "loop_series": (
        "Series {name}: {rows} hourly [row|rows], simulated; {more} more [arrives|arrive] one by one.",
        "{name} serisi: saatlik {rows} satır, benzetim; {more} satır daha tek tek gelecek.",
    ),
    "loop_line.first": (
        "Version 1 of {name} is champion; automations do the rest.",
        "{name} modelinin 1. sürümü şampiyon; gerisini otomasyonlar yapar.",
    ),
    "loop_line.no_hook": (
        "No webhook in this demo: it calls one only on a platform that it started itself.",
        "Bu demoda webhook yok: demo yalnızca kendi başlattığı platformda webhook çağırır.",
    ),
    "loop_line.waiting": (
        "Its runs are waiting behind {runs} other [run|runs].",
        "Demonun çalıştırmaları, {runs} başka çalıştırmanın bitmesini bekliyor.",
    ),
    "loop_line.row": ("row {row} of {of} …", "satır {row} / {of} …"),
    "loop_line.changes": (
        "Row {row}: the season changes from here on.",
        "Satır {row}: mevsim buradan sonra değişiyor.",
    ),
    "loop_line.drift": (
        "Row {row}: drift. The errors of v{version} have become larger than in its test; training starts.",
        "Satır {row}: kayma. v{version} hataları testtekinden büyük; eğitim başlıyor.",
    ),
    "loop_trained": ("Row {row}: trained. {decision}", "Satır {row}: eğitildi. {decision}"),
    "loop_line.champion": ("Row {row}: v{version} is the new champion.", "Satır {row}: yeni şampiyon v{version}."),
    "loop_stretch": ("rows that were forecast", "tahmin edilen satırlar"),
    "loop_rows": ("rows", "satır"),
    "loop_error": ("champion", "şampiyon"),
    "loop_unchanged": ("never retrained", "hiç yeniden eğitilmeyen"),
    "loop_naive": ("last value", "son değer"),
    "loop_phase.before": ("before the change", "değişimden önce"),
    "loop_phase.until": ("until the champion changed", "şampiyon değişene dek"),
    "loop_phase.after": ("after that", "sonrasında"),
    "loop_measured": (
        "Mean absolute errors one row ahead, from the ledger: each forecast was stored before its row arrived.",
        "Bir satır ileri ortalama mutlak hatalar, defterden: her tahmin, satırı gelmeden önce kaydedildi.",
    ),
    "loop_hook": (
        "The webhook on this machine received {calls} [message|messages] for {alarms} drift [alarm|alarms].",
        "Bu makinedeki webhook'a {alarms} kayma alarmı için {calls} ileti geldi.",
    ),
    "loop_problem.hook_wrong": (
        "The webhook did not receive exactly one signed message for each drift alarm.",
        "Webhook'a her kayma alarmı için tam bir imzalı ileti gelmedi.",
    ),
    "loop_problem.same_champion": ("The champion did not change.", "Şampiyon değişmedi."),
    "loop_problem.no_drift": ("No drift was reported.", "Kayma bildirilmedi."),
    "loop_open": ("The model's page: {url}", "Modelin sayfası: {url}"),
    "demo_failed": ("The demo did not reach its verdict.", "Demo karara ulaşamadı."),
    # plugins
    "broken": ("broken", "bozuk"),
    "works": ("ok", "çalışıyor"),
    "no_options": ("It has no options.", "Seçeneği yok."),
    "start_hint": (
        "Start it: azuraforge runs start {name} {more}",
        "Başlatmak için: azuraforge runs start {name} {more}",
    ),
    # trash
    "size": ("size", "boyut"),
    "deleted": ("deleted", "silindi"),
    "purged_after": ("purged after", "kalıcı silinme"),
    "trash_is_empty": ("The trash is empty.", "Çöp kutusu boş."),
    "trash_holds": (
        "{count} in the trash, {bytes}. Purge now: azuraforge trash empty",
        "Çöp kutusunda {count} öğe, {bytes}. Hemen kalıcı silmek için: azuraforge trash empty",
    ),
    "kept_for": ("kept for {what}", "{what} için tutuluyor"),
    "empty_sure": (
        "Purge everything in the trash for ever? [y/N]",
        "Çöp kutusundaki her şey kalıcı olarak silinsin mi? [e/H]",
    ),
    "nothing_purged": ("Nothing was purged.", "Hiçbir şey kalıcı olarak silinmedi."),
    "empty_needs_yes": (
        "this cannot be undone; use --yes where the command cannot ask",
        "bu geri alınamaz; soru sorulamayan yerde --yes verin",
    ),
    "purged": ("Purged: {what}. {bytes} freed.", "Kalıcı silindi: {what}. {bytes} boşaldı."),
    "nothing": ("nothing", "hiçbir şey"),
    "purged.runs": ("run(s)", "çalıştırma"),
    "purged.studies": ("study(ies)", "arama çalışması"),
    "purged.models": ("model(s)", "model"),
    "purged.predictions": ("prediction(s)", "tahmin"),
    "purged.model_versions": ("version(s) of models", "model sürümü"),
    "purged.datasets": ("dataset(s)", "veri kümesi"),
    "purged.dataset_versions": ("version(s) of datasets", "veri kümesi sürümü"),
    "purge_kept": (
        "{count} kept: others need them; see azuraforge trash list",
        "{count} öğe tutuldu: başkalarına gerekli; bkz. azuraforge trash list",
    ),
    "run_deleted": (
        "Run {id} is in the trash. Undo: azuraforge runs restore {id}",
        "Çalıştırma {id} çöp kutusunda. Geri almak için: azuraforge runs restore {id}",
    ),
    "run_restored": ("Run {id} is back.", "Çalıştırma {id} geri alındı."),
    "run_pinned": ("Run {id} is pinned: it is kept.", "Çalıştırma {id} sabitlendi: hep tutulacak."),
    "run_unpinned": ("Run {id} is not pinned any more.", "Çalıştırma {id} artık sabit değil."),
    "dataset_deleted": (
        "Dataset {what} is in the trash. Undo: azuraforge datasets restore {named}",
        "Veri kümesi {what} çöp kutusunda. Geri almak için: azuraforge datasets restore {named}",
    ),
    "dataset_restored": ("Dataset {what} is back.", "Veri kümesi {what} geri alındı."),
    "model_deleted": (
        "Model {what} is in the trash. Undo: azuraforge models restore {named}",
        "Model {what} çöp kutusunda. Geri almak için: azuraforge models restore {named}",
    ),
    "model_restored": ("Model {what} is back.", "Model {what} geri alındı."),
    "policy.trash": ("trash is kept", "çöp kutusu tutulur"),
    "policy.runs": ("runs that succeeded are kept", "başarılı çalıştırmalar tutulur"),
    "policy.work": ("other runs can be resumed", "ötekiler sürdürülebilir"),
    "policy.predictions": ("predictions are kept", "tahminler saklanır"),
    "days": ("{count} [day|days]", "{count} gün"),
    "for_ever": ("for ever", "süresiz"),
    "not_days": ("{given!r} is neither a number of days nor 'forever'", "{given!r} gün sayısı ya da 'forever' değil"),
    # tokens
    "token_made": (
        "Token {name} ({id}), role {role}. It is shown this once:",
        "Belirteç {name} ({id}), rol {role}. Yalnızca şimdi gösteriliyor:",
    ),
    "token_revoked": ("Token {id} is revoked.", "Belirteç {id} geçersiz kılındı."),
    "no_tokens": (
        "No tokens. Make one: azuraforge tokens create NAME",
        "Belirteç yok. Oluşturmak için: azuraforge tokens create AD",
    ),
    # secrets
    "secret_set": (
        "Secret {name} is stored. Its value cannot be shown again.",
        "{name} sırrı saklandı. Değeri bir daha gösterilemez.",
    ),
    "secret_deleted": ("Secret {name} is deleted.", "{name} sırrı silindi."),
    "secret_prompt": ("Value of {name} (not shown): ", "{name} değeri (gösterilmez): "),
    "secret_empty": ("the value is empty", "değer boş"),
    "no_secrets": (
        "No secrets. Store one: azuraforge secrets set NAME",
        "Sır yok. Saklamak için: azuraforge secrets set AD",
    ),
    "secret_state.ready": ("ready", "hazır"),
    "secret_state.older_key": ("older key: set it again", "eski anahtar: yeniden saklayın"),
    "secret_state.unreadable": ("unreadable: its key is missing", "okunamıyor: anahtarı yok"),
    # schedules
    "when": ("when", "ne zaman"),
    "next_fire": ("next", "sıradaki"),
    "next_fires": ("next times", "sıradaki zamanlar"),
    "last_fire": ("last fired", "son tetiklenme"),
    "last_run": ("its run", "çalıştırması"),
    "paused": ("paused", "duraklatıldı"),
    "misfire": ("missed fires", "kaçan tetiklemeler"),
    "misfire_policy": ("{policy}, after {seconds} s", "{policy}, {seconds} sn sonra"),
    "fires": ("fires", "tetiklenme"),
    "fires_told": ("{fires} made, {left_out} left out", "{fires} kez tetiklendi, {left_out} atlandı"),
    "due": ("due", "zamanı"),
    "fired": ("fired", "tetiklendi"),
    "result": ("result", "sonuç"),
    "run_gone": ("the run is gone", "çalıştırma artık yok"),
    "every.seconds": ("every {count} s", "her {count} sn"),
    "every.minutes": ("every {count} min", "her {count} dk"),
    "every.hours": ("every {count} h", "her {count} saat"),
    "every.days": ("every {count} d", "her {count} gün"),
    "no_schedules": (
        "No schedules yet. Make one: azuraforge schedules create NAME --like RUN --cron '30 6 * * *'",
        "Henüz zamanlama yok. Oluşturmak için: azuraforge schedules create AD --like ÇALIŞTIRMA --cron '30 6 * * *'",
    ),
    "schedule_made": ("Schedule {name}: {when}.", "Zamanlama {name}: {when}."),
    "fires_next": ("It fires next at {time}.", "Sıradaki tetiklenme: {time}."),
    "fires_while_up": (
        "It fires while a platform is up: azuraforge up",
        "Zamanlama, bir platform açıkken tetiklenir: azuraforge up",
    ),
    "schedule_changed": ("Schedule {name} is changed: {when}.", "Zamanlama {name} değiştirildi: {when}."),
    "schedule_paused": ("Schedule {name} is paused.", "Zamanlama {name} duraklatıldı."),
    "schedule_resumed": ("Schedule {name} fires again.", "Zamanlama {name} yeniden çalışıyor."),
    "schedule_deleted": (
        "Schedule {name} is deleted; the runs that it queued stay.",
        "Zamanlama {name} silindi; sıraya aldığı çalıştırmalar duruyor.",
    ),
    "plugin_or_like": (
        "name a dataset or a plugin, or a run to repeat with --like",
        "bir veri kümesi ya da eklenti, ya da --like ile yinelenecek bir çalıştırma verin",
    ),
    "cron_or_every": ("give --cron or --every", "--cron ya da --every verin"),
    "not_an_interval": ("{text!r} is not an interval", "{text!r} bir aralık değil"),
}
