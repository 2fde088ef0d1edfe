"""Texts of messages, in English and Turkish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from azuraforge.automations.notifications.outbox import Wording

_TITLES = {
    "en": "AzuraForge: {name}",
    "tr": "AzuraForge: {name}",
}
#: Texts by the type of the cause; the empty key is for all others.
_CAUSES = {
    "dataset.version_added": {
        "en": "Dataset {dataset} has a new version {version}: {rows_added} rows added.",
        "tr": "{dataset} veri kümesinin yeni sürümü {version}: {rows_added} satır eklendi.",
    },
    "model.drift": {
        "en": "The inputs or predictions of {model}, version {version}, have drifted.",
        "tr": "{model} modelinin {version}. sürümünde girdiler veya tahminler kaydı (drift).",
    },
    "model.promoted": {
        "en": "Version {version} of {model} is now {alias}.",
        "tr": "{model} modelinin {version}. sürümü artık {alias}.",
    },
    "model.rolled_back": {
        "en": "{alias} of {model} was rolled back to version {version}.",
        "tr": "{model} modelinin {alias} adı {version}. sürüme geri alındı.",
    },
    "run.state": {
        "en": "Run {name} ({run_id}) {state}.",
        "tr": "{name} çalıştırması ({run_id}) {state}.",
    },
    "automation.finished": {
        "en": "Automation {name} {state}.",
        "tr": "{name} otomasyonu {state}.",
    },
    "model.worse_than_baseline": {
        "en": "The live predictions of {of} are worse than a baseline's beyond noise.",
        "tr": "{of} modelinin canlı tahminleri temel yöntemden rastlantıyı aşacak kadar kötü.",
    },
    "measure": {
        "en": "{measure} of {of} is {value}.",
        "tr": "{of} için {measure}: {value}.",
    },
    "asked": {"en": "It was fired by hand.", "tr": "Elle tetiklendi."},
    "time": {"en": "It is {time}.", "tr": "Zaman geldi: {time}."},
    "": {"en": "Cause: {event}.", "tr": "Neden: {event}."},
}
_RUN_STATES = {
    "queued": {"en": "is queued", "tr": "sıraya alındı"},
    "running": {"en": "is running", "tr": "çalışıyor"},
    "succeeded": {"en": "has succeeded", "tr": "başarıyla bitti"},
    "failed": {"en": "has failed", "tr": "başarısız oldu"},
    "cancelled": {"en": "was cancelled", "tr": "iptal edildi"},
    "quarantined": {"en": "was quarantined", "tr": "karantinaya alındı"},
}
_STEPS = {
    "refresh": {"en": "Refresh", "tr": "Yenileme"},
    "forecast": {"en": "Forecast", "tr": "Sonraki değerlerin tahmini"},
    "predict": {"en": "Batch prediction", "tr": "Toplu tahmin"},
    "train": {"en": "Training", "tr": "Eğitim"},
    "study": {"en": "Study", "tr": "Arama çalışması"},
    "promote": {"en": "Promotion", "tr": "Terfi"},
    "roll_back": {"en": "Rollback", "tr": "Geri alma"},
}
_STEP_STATES = {
    "succeeded": {"en": "succeeded", "tr": "başarılı"},
    "failed": {"en": "failed", "tr": "başarısız"},
    "skipped": {"en": "skipped", "tr": "atlandı"},
}
_DECISIONS = {
    "promoted": {"en": "the new version is champion", "tr": "yeni sürüm şampiyon oldu"},
    "baseline_promoted": {"en": "a baseline is champion", "tr": "temel bir yöntem şampiyon oldu"},
    "approved": {"en": "the gate approves it; a person promotes", "tr": "kapı onayladı; terfiye bir kişi karar verir"},
    "kept": {"en": "the champion stays", "tr": "şampiyon değişmedi"},
    "not_comparable": {
        "en": "not comparable, the champion stays",
        "tr": "karşılaştırılamadı, şampiyon değişmedi",
    },
}
_COUNT = {"en": "This message stands for {count} causes.", "tr": "Bu ileti {count} nedenin yerine geçer."}
_TEST = {
    "en": ("AzuraForge: test", "This is a test message. The target works."),
    "tr": ("AzuraForge: deneme", "Bu bir deneme iletisidir. Hedef çalışıyor."),
}
_LONGEST = 2000


class _Known(dict[str, JsonValue]):
    def __missing__(self, _key: str) -> str:
        return "–"


@dataclass(frozen=True)
class DoneStep:
    """A step that ended before the message, with its error and the gate's decision on its run."""

    do: str
    state: str
    error: str | None = None
    decision: str | None = None

    def line(self, language: str) -> str:
        """Return one line of text."""
        what = _STEPS.get(self.do, {}).get(language, self.do)
        more = _DECISIONS.get(self.decision or "", {}).get(language) or self.error
        said = f"{what}: {_STEP_STATES.get(self.state, {}).get(language, self.state)}"
        return f"{said} ({more})." if more else f"{said}."


def of_firing(
    name: str, data: Mapping[str, JsonValue], text: str | None, causes: int, done: Sequence[DoneStep] = ()
) -> Wording:
    """Return the text for a firing of an automation; ``text`` replaces the sentence about its cause."""

    def wording(language: str, count: int) -> tuple[str, str]:
        kind = str(data.get("event") or next((each for each in ("measure", "time") if each in data), ""))
        kind = str(data["measure"]) if kind == "measure" and data["measure"] in _CAUSES else kind
        template = _CAUSES.get(kind, _CAUSES[""])[language]
        known = {field: value for field, value in data.items() if value is not None}
        if kind in ("run.state", "automation.finished") and (state := _RUN_STATES.get(str(data.get("state")))):
            known["state"] = state[language]
        said = text if text is not None else template.format_map(_Known(known))
        said = "\n".join([said, *(each.line(language) for each in done)])
        total = causes + count - 1
        if total > 1:
            said = f"{said}\n{_COUNT[language].format(count=total)}"
        return _TITLES[language].format(name=name), said[:_LONGEST]

    return wording


def of_test(language: str, _count: int) -> tuple[str, str]:
    """Return the text of a test message."""
    return _TEST[language]
