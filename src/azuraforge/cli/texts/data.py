"""Texts about datasets."""

from __future__ import annotations

from collections.abc import Mapping

#: key → (English, Turkish)
DATA: Mapping[str, tuple[str, str]] = {
    # datasets
    "dataset_added": (
        "Dataset {name} v{version} added: {rows} [row|rows].",
        "Veri kümesi {name} v{version} eklendi: {rows} satır.",
    ),
    "dataset_there": (
        "Dataset {name} v{version} was there already with this content: {rows} [row|rows].",
        "Veri kümesi {name} v{version} bu içerikle zaten vardı: {rows} satır.",
    ),
    "rows_added": (
        "Dataset {name} v{version}: rows added {added}, revised {revised}, there already {repeated}.",
        "Veri kümesi {name} v{version}: eklenen satır {added}, düzeltilen {revised}, zaten var olan {repeated}.",
    ),
    "no_rows_added": (
        "Nothing new for dataset {name} v{version}: rows there already {repeated}.",
        "Veri kümesi {name} v{version} için yeni satır yok: zaten var olan {repeated}.",
    ),
    "incumbent_added": (
        "Dataset {name} v{version} knows {forecasts} present forecasts: {added} new, {revised} changed, {repeated}"
        " known.",
        "{name} v{version} veri kümesinde {forecasts} mevcut tahmin var: {added} yeni, {revised} değişen, {repeated}"
        " bilinen.",
    ),
    "no_incumbent_added": (
        "Nothing new for dataset {name} v{version}: present forecasts known already {repeated}.",
        "{name} v{version} veri kümesi için yeni mevcut tahmin yok: zaten bilinen {repeated}.",
    ),
    "rows_now": ("It has {rows} [row|rows] now, the last at {end}.", "Şimdi {rows} satırı var, sonuncusu {end}."),
    "forecasts_made": (
        "{model} v{version} on dataset {dataset} v{dataset_version}: {made} [forecast|forecasts] from {origin} to "
        "{end}, in the ledger already {known}.",
        "{model} v{version}, veri kümesi {dataset} v{dataset_version}: {origin} – {end} için {made} tahmin, defterde "
        "zaten var olan {known}.",
    ),
    "batch_made": (
        "{model} v{version}: {rows} predicted [row|rows], origins {origins}, skipped {skipped}.",
        "{model} v{version}: tahmin edilen {rows} satır, başlangıç {origins}, atlanan {skipped}.",
    ),
    "batch_partial": (
        "The run ended before its last chunk: {done} of {of} are there.",
        "Çalıştırma son parçadan önce bitti: {of} parçadan {done} tanesi var.",
    ),
    "append_needs": (
        "--append needs a file and the dataset's name: azuraforge datasets add --append FILE --name NAME",
        "--append için dosya ve veri kümesinin adı gerekir: azuraforge datasets add --append DOSYA --name AD",
    ),
    "not_with_append": (
        "{option} does not go with --append: the dataset has its own",
        "{option}, --append ile kullanılmaz: veri kümesininki geçerlidir",
    ),
    "revisions_refuse": (
        "Dataset {name} refuses rows that change stored ones.",
        "Veri kümesi {name}, kayıtlı satırları değiştiren satırları reddeder.",
    ),
    "revisions_accept": (
        "Dataset {name} accepts rows that change stored ones, as revisions.",
        "Veri kümesi {name}, kayıtlı satırları değiştiren satırları düzeltme olarak kabul eder.",
    ),
    "not_the_newest": (
        "A run takes the newest version, v{newest}, unless you add --dataset-version {version}.",
        "Siz --dataset-version {version} eklemedikçe çalıştırma en yeni sürümü, v{newest} sürümünü kullanır.",
    ),
    "no_datasets": (
        "No datasets yet. Add one: azuraforge datasets add FILE.csv --time COLUMN --target COLUMN",
        "Henüz veri kümesi yok. Eklemek için: azuraforge datasets add DOSYA.csv --time SÜTUN --target SÜTUN",
    ),
    "found_while_reading": ("Found while reading:", "Okurken bulunanlar:"),
    "train_hint": (
        "Train on it: azuraforge runs start --dataset {name} --wait",
        "Eğitmek için: azuraforge runs start --dataset {name} --wait",
    ),
    "train_images_hint": (
        "Train on it: azuraforge runs start vision.cnn --dataset {name} --wait",
        "Eğitmek için: azuraforge runs start vision.cnn --dataset {name} --wait",
    ),
    "add_images_hint": (
        "for pictures: azuraforge datasets add-images {path}",
        "resimler için: azuraforge datasets add-images {path}",
    ),
    "add_table_hint": (
        "azuraforge datasets add {path} --time COLUMN --target COLUMN; its first line names the columns",
        "azuraforge datasets add {path} --time SÜTUN --target SÜTUN; sütun adları ilk satırdadır",
    ),
    "pictures": ("Pictures", "Resim sayısı"),
    "part.train": ("to learn from", "öğrenmek için"),
    "part.test": ("to judge on", "ölçmek için"),
    "part.all": ("pictures", "resim"),
    "picture_size": ("Size", "Boyut"),
    "grey": ("grey", "gri"),
    "colour": ("colour", "renkli"),
    "classes": ("Classes", "Sınıflar"),
    "class": ("Class", "Sınıf"),
    "probability": ("Probability", "Olasılık"),
    "file_missing": ("the file {path} does not exist", "{path} dosyası yok"),
    "file_is_folder": ("{path} is a folder, not a file", "{path} bir klasör, dosya değil"),
    "file_unreadable": ("{path} cannot be read: {reason}", "{path} okunamıyor: {reason}"),
    "check_path": ("check the path", "yolu denetleyin"),
    "need_file_or_source": (
        "name a file to read, or a source with --source",
        "okunacak bir dosya ya da --source ile bir kaynak verin",
    ),
    "not_file_and_source": ("give a file or --source, not both", "ya dosya ya --source verin, ikisini birden değil"),
    "need_time_and_target": (
        "a file needs --time COLUMN and --target COLUMN",
        "dosya için --time SÜTUN ve --target SÜTUN gerekir",
    ),
    "only_for_files": (
        "{option} is for files; a source has its own columns",
        "{option} dosyalar içindir; kaynağın kendi sütunları var",
    ),
    "no_availability": (
        "{option} {given}: write COLUMN=WHEN, such as temperature=6h, temperature=0 or price=ahead",
        "{option} {given}: SÜTUN=NE_ZAMAN biçiminde yazın, örneğin temperature=6h, temperature=0 ya da price=ahead",
    ),
    "option_without_source": ("--option belongs to --source", "--option, --source ile kullanılır"),
    "judge_report": ("Report: {path}", "Rapor: {path}"),
    "judge_overwrites": (
        "the report would replace the file {path}, which is read",
        "rapor, okunan {path} dosyasının yerine geçerdi",
    ),
    "judge_other_output": ("name another file with --output", "--output ile başka bir dosya verin"),
    "judge_decimal": ("{decimal!r} is no decimal sign", "{decimal!r} ondalık işareti değil"),
    "judge_choose_decimal": ("choose '.' or ','", "'.' ya da ',' seçin"),
}
