"""The order of the pages, and the words of the site's frame."""

from __future__ import annotations

from typing import NamedTuple


class Group(NamedTuple):
    """Pages under one heading of the navigation."""

    titles: dict[str, str]
    pages: tuple[str, ...]


#: Pages by name, in reading order; a name without a file is left out.
NAVIGATION = (
    Group({"en": "Start", "tr": "Başlangıç"}, ("index", "get-started")),
    Group(
        {"en": "How-to guides", "tr": "Kılavuzlar"},
        (
            "datasets", "pipelines", "models", "predictions", "runs", "studies", "feeds", "learners", "reports",
            "comparison",
            "loop", "automations", "judge", "vision", "trash", "plugins", "client", "cli", "dashboard", "engine",
            "scaling", "deploy", "database", "people", "projects", "administration", "security",
        ),
    ),
    Group({"en": "Concepts", "tr": "Kavramlar"}, ("concepts/loop", "concepts/honest-evaluation", "concepts/gate")),
    Group(
        {"en": "Reference", "tr": "Başvuru"},
        (
            "reference/cli", "reference/client", "reference/http", "reference/settings", "reference/plugin-contract",
            "reference/errors", "glossary",
        ),
    ),
    Group(
        {"en": "Contributors", "tr": "Katkıda bulunanlar"},
        (
            "architecture", "decisions/README", "reliability", "benchmarks", "CONTRIBUTING", "CHANGELOG",
        ),
    ),
)  # fmt: skip

#: Folders whose pages an overview lists: shown in the navigation by that overview.
LISTED = {"decisions/": "decisions/README"}

#: Pages that no group has: they are reached by links only.
UNLISTED = frozenset({"README", "SECURITY"})

WORDS = {
    "en": {
        "guide": "Guide",
        "skip": "To the content",
        "menu": "Menu",
        "pages": "Pages",
        "on_this_page": "On this page",
        "previous": "Previous",
        "next": "Next",
        "search": "Search",
        "search_hint": "Search the documentation",
        "close": "Close",
        "nothing": "Nothing found for “{}”.",
        "search_failed": "The search could not be loaded. Reload the page.",
        "theme": "Switch between light and dark",
        "other_language": "Türkçe",
        "other_language_title": "Bu sayfanın Türkçesi",
        "dashboard": "Dashboard",
        "copy": "Copy",
        "copied": "Copied",
        "permalink": "Link to this section",
        "missing": "This page does not exist",
        "missing_text": "Search for what you need, or start at the first page.",
        "english_only": "in English",
    },
    "tr": {
        "guide": "Kılavuz",
        "skip": "İçeriğe geç",
        "menu": "Menü",
        "pages": "Sayfalar",
        "on_this_page": "Bu sayfada",
        "previous": "Önceki",
        "next": "Sonraki",
        "search": "Ara",
        "search_hint": "Belgelerde ara",
        "close": "Kapat",
        "nothing": "“{}” için sonuç bulunamadı.",
        "search_failed": "Arama yüklenemedi. Sayfayı yenileyin.",
        "theme": "Açık ve koyu tema arasında geçiş yap",
        "other_language": "English",
        "other_language_title": "This page in English",
        "dashboard": "Panel",
        "copy": "Kopyala",
        "copied": "Kopyalandı",
        "permalink": "Bu bölümün bağlantısı",
        "missing": "Böyle bir sayfa yok",
        "missing_text": "Aradığınızı arama kutusuna yazın ya da ilk sayfadan başlayın.",
        "english_only": "İngilizce",
    },
}
