"""A report says what the run stored and nothing else, in both languages, whatever names it meets."""

from __future__ import annotations

import base64
import html.parser
import re
import subprocess
import sys
from typing import Any

import pytest

from azuraforge.reports import child as report_child
from azuraforge.reports.conclusion import conclusion
from azuraforge.reports.document import markdown
from azuraforge.reports.material import Material
from azuraforge.reports.pages import reader
from azuraforge.reports.words import LANGUAGES, Words
from tests.reports.material import HOSTILE, TURKISH, comparison, failed_material, make_material
from tools.messages import read

_NUMBER = re.compile(r"−?\d[\d.,]*\d|−?\d")


class Asked:
    def __init__(self, **payload: Any) -> None:
        self.payload = payload


def written(material: dict[str, Any], wanted: str, language: str = "en") -> bytes:
    asked = Asked(material=material, format=wanted, language=language)
    return base64.b64decode(report_child.write(asked).content)


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in leaves(each)]
    if isinstance(value, list | tuple):
        return [leaf for each in value for leaf in leaves(each)]
    return [value]


def numbers(text: str) -> set[str]:
    return {found.strip(".,") for found in _NUMBER.findall(text)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_holds_the_numbers_of_the_evaluation_and_no_others(language: str) -> None:
    material, words = make_material(), Words(language)
    text = markdown(Material.model_validate(material), words, dict.fromkeys(material["figures"], "https://x.invalid"))
    allowed: set[str] = set()
    for leaf in leaves(material):
        if isinstance(leaf, int | float) and not isinstance(leaf, bool):
            allowed |= numbers(words.number(leaf)) | numbers(words.percent(leaf)) | numbers(words.percent(-leaf))
        allowed |= numbers(str(leaf))
    allowed |= {"2"}  # the second lag, whose autocorrelation stands out: its place in the list; and the square in R²
    allowed |= {str(each["seconds"]).replace(".", ",") for each in material["evaluation"]["composition"]["members"]}
    assert numbers(text) <= allowed, numbers(text) - allowed
    evaluation = material["evaluation"]
    for each in evaluation["contenders"]:
        assert words.number(each["metrics"]["rmse"]) in text
        assert words.percent(each["metrics"]["coverage"]) in text
    assert words("forecast.refitted") in text
    for value in (-0.1234, -0.0219, 0.95):
        assert words.percent(value) in text


@pytest.mark.parametrize(("language", "said"), [("en", "my.net: too slow"), ("tr", "my.net: çok yavaş")])
def test_members_stand_next_to_the_combination(language: str, said: str) -> None:
    words = Words(language)
    text = markdown(Material.model_validate(make_material()), words, {})
    section = text[text.index(f"### {words('members')}") :]
    cells = [cell.strip() for cell in section[section.index("| my.trees") :].splitlines()[0].split("|")[1:-1]]
    numbers = [words.number(value) for value in (0.6666, 0.4321, 1)]
    assert cells == ["my.trees", words.percent(0.775), *numbers, "3.7" if language == "en" else "3,7"]
    assert f"**{words.number(0.4242)}**" in section
    assert said in section


def test_no_sentence_has_a_number_of_its_own() -> None:
    texts = [entry for language in LANGUAGES for entry in read(language, "reports") if entry.id]
    assert texts
    assert [entry.id for entry in texts if re.search(r"\d", str(entry.string).replace("F1", ""))] == []


def said(low: float | None, high: float | None) -> str:
    material = make_material()
    material["evaluation"]["comparisons"] = [comparison(low, high)]
    return " ".join(concluded(material))


def concluded(material: dict[str, Any]) -> list[str]:
    made = Material.model_validate(material)
    assert made.evaluation is not None
    return conclusion(Words("en"), made.run.seed, made.evaluation, made.figures)


def test_what_would_change_the_conclusion_follows_from_the_numbers() -> None:
    text = said(-0.1234, -0.0219)
    assert "lies below zero (−12.3 % to −2.2 %" in text
    assert "includes zero (−12.3 % to 2.2 %" in said(-0.1234, 0.0219)
    assert "lies above zero (1.0 % to 2.2 %" in said(0.01, 0.0219)
    assert "too few examples for an interval" in said(None, None)
    assert "weekday 7 (4.4 %)" in text  # worse than ridge there
    assert "weekday 1" not in text
    assert "nominal level of 90.0 % and contained 91.3 %" in text
    assert (
        "over 3 lags: p = 0.003100). The strongest autocorrelation is 0.2345 at lag 2; noise stays within ±0.0537"
        in text
    )
    quiet = make_material()
    quiet["figures"]["residuals"]["ljung_box"]["p"] = 0.4
    assert not any("autocorrelated" in sentence for sentence in concluded(quiet))
    assert "1,331 origins, which carry as much information as 212 independent origins" in text
    assert "forecasting.ets" in text
    assert "seed 41" in text


def test_a_number_that_changes_changes_the_report() -> None:
    material = make_material()
    before = markdown(Material.model_validate(material), Words("en"), {})
    material["evaluation"]["contenders"][1]["metrics"]["rmse"] = 0.4343
    after = markdown(Material.model_validate(material), Words("en"), {})
    assert "0.4242" in before
    assert "0.4242" not in after
    assert "0.4343" in after


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_failed_run_has_a_report_too(language: str) -> None:
    text = markdown(Material.model_validate(failed_material()), Words(language), {})
    for expected in (
        "the disk is full",
        "checkpoint 1200",
        "free space",
        "fit",
        "31",
        "97",
        Words(language).number(0.777),
    ):
        assert expected in text, expected
    assert "log-1.txt" in text
    assert ("What happened" if language == "en" else "Ne oldu") in text


class Elements(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def hostile_material() -> dict[str, Any]:
    material = make_material()
    run = material["run"]
    run |= {"name": HOSTILE, "model": HOSTILE, "dataset_name": HOSTILE, "config": {HOSTILE: HOSTILE}}
    run["notes"] = [f"# A note\n\n{HOSTILE}\n\n<img src=x onerror=alert(1)>\n\n[forecast]: https://evil.example/x.png"]
    material["evaluation"]["contenders"][0]["name"] = HOSTILE
    material["figures"]["slices"]["contender"] = HOSTILE
    material["figures"]["forecast"]["target"] = HOSTILE + " $x^2$"
    material["curves"][0]["series"] = HOSTILE
    return material


def test_html_escapes_hostile_names_and_asks_nobody_for_anything() -> None:
    text = written(hostile_material(), "html").decode()
    found = Elements()
    found.feed(text)
    tags = {tag for tag, _ in found.tags}
    assert tags <= {
        *("html", "head", "meta", "title", "style", "body", "main", "div", "table", "thead", "tbody", "tr", "th", "td"),
        *("h1", "h2", "h3", "p", "ul", "ol", "li", "strong", "em", "code", "blockquote", "img", "a", "pre"),
    }
    for tag, attributes in found.tags:
        assert not any(name.startswith("on") for name in attributes)
        if tag == "img":
            assert str(attributes["src"]).startswith("data:image/svg+xml;base64,")
        if tag == "a":
            assert str(attributes["href"]).startswith("https://")
    assert "&lt;script&gt;" in text
    images = sum(tag == "img" for tag, _ in found.tags)
    assert images >= 6


@pytest.mark.parametrize("material", [make_material(), failed_material(), hostile_material()])
def test_a_page_made_of_the_document_is_the_page_made_of_the_run(material: dict[str, Any]) -> None:
    document = written(material, "md", "tr").decode()
    asked = Asked(document=document, title=material["run"]["name"], format="html", language="tr")
    assert base64.b64decode(report_child.write(asked).content) == written(material, "html", "tr")


def test_a_hostile_name_stays_in_its_cell() -> None:
    text = markdown(Material.model_validate(hostile_material()), Words("en"), {})
    table = [line for line in text.splitlines() if line.startswith("| ") and "baseline" in line]
    rendered = reader().render(text)
    assert len(table) == 1
    assert rendered.count("<h1>") == 3  # the run's name, and the note's own two headings inside its quotation
    assert "<em>" not in rendered.split("A note")[0]


def test_a_pdf_opens_and_holds_turkish_letters() -> None:
    content = written(make_material(), "pdf", "tr")
    assert content.startswith(b"%PDF-")
    text = text_of(content)
    for expected in (TURKISH, "Karar", "Bu sonucu neler değiştirebilir", "0,4242", "Test kümesi"):
        assert expected in text, expected


def test_a_list_item_of_a_pdf_that_begins_with_code_is_printed_once() -> None:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    from azuraforge.reports import pdf

    source = "-     code\n\n  after\n- plain\n"
    [node] = SyntaxTreeNode(MarkdownIt().parse(source)).children
    texts = [getattr(each, "text", "") for each in pdf._list(node, {}, pdf._TEXT)]
    assert sum("code" in text for text in texts) == 1
    assert [text for text in texts if text in ("after", "plain")] == ["after", "plain"]


def test_a_pdf_survives_hostile_names() -> None:
    assert "alert" in text_of(written(hostile_material(), "pdf"))


def test_markdown_carries_its_figures() -> None:
    text = written(make_material(), "md", "tr").decode()
    for name in ("forecast", "residuals", "slices", "curves"):
        image = re.search(rf"^\[{name}\]: data:image/svg\+xml;base64,(\S+)$", text, re.M)
        assert image, name
        assert b"</svg>" in base64.b64decode(image[1])
    assert re.search(r"\| Dilim \| hata sayısı \| RMSE \| karşılaştırılan: \S+ \| beceri \|", text)
    assert written(make_material(), "md", "tr").decode() == text  # the same run, the same bytes


def test_nothing_heavy_is_loaded_to_offer_reports() -> None:
    code = (
        "import sys, azuraforge.runs.routes, azuraforge.runs.service, azuraforge.platform.composition\n"
        "print([name for name in ('matplotlib', 'reportlab', 'markdown_it', 'numpy.f2py') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def text_of(pdf: bytes) -> str:
    """What a PDF says: each page's glyphs, read back through the tables of their fonts."""
    import zlib

    objects = {int(found[1]): found[2] for found in re.finditer(rb"(?m)^(\d+) 0 obj(.*?)^endobj", pdf, re.S)}

    def stream(number: int) -> bytes:
        inside = objects[number].partition(b"stream")[2].rpartition(b"endstream")[0].strip(b"\r\n")
        if b"ASCII85Decode" in objects[number].partition(b"stream")[0]:
            inside = base64.a85decode(b"<~" + inside, adobe=True)
        return zlib.decompress(inside)

    fonts: dict[bytes, dict[int, str]] = {}
    for body in objects.values():
        table, name = re.search(rb"/ToUnicode (\d+) 0 R", body), re.search(rb"/Name (/F\S+)", body)
        if table and name:
            pairs = re.findall(rb"<([0-9A-F]{2})> <([0-9A-F]{4})>", stream(int(table[1])))
            fonts[name[1]] = {int(code, 16): chr(int(letter, 16)) for code, letter in pairs}
    said = ""
    for body in objects.values():
        if page := re.search(rb"/Contents (\d+) 0 R", body):
            letters_of: dict[int, str] = {}
            for font, shown in re.findall(rb"(/F\S+) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\) Tj", stream(int(page[1]))):
                letters_of = fonts.get(font, {}) if font else letters_of
                codes = re.sub(rb"\\(\d{3}|.)", lambda one: _unescaped(one[1]), shown, flags=re.S)
                said += "".join(letters_of.get(code, "") for code in codes)
    return said


def _unescaped(one: bytes) -> bytes:
    return bytes([int(one, 8)]) if one.isdigit() else {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(one, one)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "forecasting.lstm** ranks first but is not proven better; the baseline **forecasting.ridge** is champion.",
        ),
        ("tr", "forecasting.lstm** ilk sırada ama daha iyi olduğu kanıtlanmadı; temel yöntem **forecasting.ridge**"),
    ],
)
def test_a_candidate_that_ranks_first_is_not_said_to_have_lost(language: str, said: str) -> None:
    assert said in _with_verdict(language, headline="baseline_unproven")
    assert said not in _with_verdict(language, headline="baseline_promoted")


def _with_verdict(language: str, **verdict: str) -> str:
    material = make_material()
    material["verdict"] |= {"decision": "baseline_promoted", "champion": "forecasting.ridge"} | verdict
    return markdown(Material.model_validate(material), Words(language), {})


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "**forecasting.lstm** ranks first but does not meet the model's conditions"),
        ("tr", "**forecasting.lstm** ilk sırada ama modelin koşullarını karşılamıyor"),
    ],
)
def test_a_candidate_that_conditions_bar_is_not_called_unproven(language: str, said: str) -> None:
    assert said in _with_verdict(language, headline="baseline_barred")


def test_an_approved_baseline_is_named_in_words() -> None:
    approved = {"decision": "approved", "headline": "approved", "approved": "forecasting.ridge"}
    text = _with_verdict("en", **approved, champion="")
    assert "**forecasting.ridge** is approved; a person may promote it.\n" in text
    text = _with_verdict("tr", **approved, champion="old v3")
    assert "**forecasting.ridge** onaylandı; bir kişi terfi ettirebilir. O zamana dek şampiyon **old v3**." in text


def test_the_parts_of_a_series_of_days_are_dates_of_its_zone() -> None:
    material = make_material()
    material["evaluation"] |= {"frequency": "1d", "timezone": "Europe/Istanbul"}
    for part in material["evaluation"]["parts"].values():
        part |= {"start": "2025-12-31T21:00:00Z", "end": "2026-01-09T21:00:00Z"}
    text = markdown(Material.model_validate(material), Words("en"), {})
    assert "| 2026-01-01 | 2026-01-10 |" in text
    assert "21:00 UTC" not in text


def test_a_run_that_the_platform_did_not_execute_is_not_called_reproducible() -> None:
    material = make_material(evaluation=None, verdict=None, figures={})
    material["run"] |= {"kind": "external", "bit_reproducible": None, "code_version": None}
    text = markdown(Material.model_validate(material), Words("en"), {})
    assert "| Reproducible bit for bit | unknown: the platform did not execute this run |" in text
    assert "Code version" not in text
    for state, said in (("queued", "not yet known"), ("cancelled", "unknown: the platform did not execute this run")):
        material["run"] |= {"kind": "train", "state": state}
        assert f"| Reproducible bit for bit | {said} |" in markdown(Material.model_validate(material), Words("en"), {})


def test_a_plugins_figure_of_another_shape_is_not_drawn() -> None:
    material = make_material()
    material["figures"] |= {"slices": {"by": "mood"}, "moods": {"calm": 3}}
    text = written(material, "md").decode()
    assert "![Error by slice]" not in text
    assert "[forecast]: data:" in text
