"""Help and usage messages are in the language of the command, and English ones do not change."""

from __future__ import annotations

import pytest
import typer

from azuraforge.cli.help.translation import texts
from azuraforge.cli.main import app, run
from azuraforge.messages.catalogue import has

ENGLISH = (
    "Usage",
    "Options",
    "Commands",
    "Arguments",
    "OPTIONS",
    "COMMAND",
    "default:",
    "required",
    "Show this message",
)


def test_every_help_text_has_a_turkish_one():
    found = set(texts(typer.main.get_command(app)))
    assert len(found) > 300
    assert {text for text in found if not has(text, "tr")} == set()


@pytest.mark.parametrize("command", [[], ["runs"], ["runs", "start"], ["models", "promote"]])
def test_help_is_in_the_language_of_the_command(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert run(["--lang", "tr", *command, "--help"]) == 0
    turkish = capsys.readouterr().out
    assert "Kullanım: azuraforge" in turkish
    assert [word for word in ENGLISH if word in turkish] == []
    assert run(["--lang", "en", *command, "--help"]) == 0  # in the same process
    english = capsys.readouterr().out
    assert "Usage: azuraforge" in english
    assert "─ Options ─" in english
    assert "Kullanım" not in english


@pytest.mark.parametrize(
    ("arguments", "english", "turkish"),
    [
        (["runs", "show", "--nope"], "No such option: --nope", "Böyle bir seçenek yok: --nope"),
        (["runs", "show", "r", "--jso"], "No such option: --jso (similar: --json)", "(benzerleri: --json)"),
        (["runs", "show"], "Missing argument 'RUN'", "Eksik argüman: 'RUN'"),
        (["models", "promote", "m", "1"], "Missing option '--reason'", "Eksik seçenek: '--reason'"),
        (["runs", "nope"], "No such command 'nope'", "'nope' diye bir komut yok"),
        (["runs", "lst"], "Did you mean 'list'?", "Bunu mu demek istediniz: 'list'?"),
        (["runs", "show", "a", "b"], "extra arguments (b)", "Fazladan argüman verildi (b)"),
        (["runs", "start", "--seed"], "Option '--seed' requires a value", "'--seed' seçeneği bir değer ister"),
        (["runs", "show", "a", "--json=1"], "'--json' does not take a value", "'--json' seçeneği değer almaz"),
        (["runs", "start", "--seed", "x"], "'--seed': input should be a valid integer", "değer bir tam sayı olmalı"),
        (["up", "--port", "99999"], "less than or equal to 65535", "değer en çok 65535 olmalı"),
        (["runs", "start", "--kind", "x"], "'x' is not one of 'train', 'agent'", "'x' şunlardan biri değil: 'train'"),
    ],
)
def test_wrong_usage_is_explained_in_the_language_of_the_command(arguments, english, turkish, capsys):
    for language, said in (("en", english), ("tr", turkish)):
        assert run(["--lang", language, *arguments]) == 2
        assert said in capsys.readouterr().err
