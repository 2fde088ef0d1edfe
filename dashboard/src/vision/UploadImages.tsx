import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { DropZone, FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";

import { postForm } from "../api/client";
import { Problem } from "../api/problem";
import type { DatasetVersion } from "../api/types";
import { useFormState } from "../projects/draft";
import { TooLarge, useTooLarge } from "../projects/TooLarge";
import { PreviewPanel } from "../datasets/PreviewPanel";
import { problemsByField } from "../runs/start/form";
import { Button } from "../ui/Button";
import { DialogActions } from "../ui/Dialog";
import { CheckField, SelectField, TextField } from "../ui/forms/Field";
import { Restored } from "../ui/forms/Restored";
import { ErrorNotice } from "../ui/Notice";
import css from "./Vision.module.css";

function useUploadImages() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ file, options }: { file: File; options: Record<string, unknown> }) => {
      const form = new FormData();
      form.append("options", JSON.stringify({ kind: "images", ...options }));
      form.append("file", file);
      return postForm("/datasets", form);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["datasets"] }),
  });
}

const FIRST = { name: "", height: "", width: "", channels: "", skip: false };

/** Return a whole number of pixels; null for an empty input. */
const pixels = (text: string): number | null => (text.trim() === "" ? null : Number(text));

/** Form that uploads a zip with one folder per class, idx files, or a Parquet table of images. */
export function UploadImages({ onAdded, onClose, dropped = null }: { onAdded: (added: DatasetVersion) => void; onClose: () => void; dropped?: File | null }) {
  const { t } = useTranslation();
  const upload = useUploadImages();
  const tooLarge = useTooLarge();
  const [file, setFile] = useState<File | null>(dropped);
  const form = useFormState("images", FIRST);
  const { name, height, width, channels, skip } = form.value;
  const problems = upload.error instanceof Problem ? problemsByField(upload.error.fields, ["name", "height", "width", "channels"]) : {};
  const sizes = [height, width].map(pixels);
  const wrong = sizes.some((side) => side !== null && !(Number.isInteger(side) && side >= 4 && side <= 1024));
  // The only remedy with a value of its own is to leave out unreadable images; others need a typed size.
  const correct = (option: string, value: string) => {
    if (option === "unreadable") form.change({ skip: value === "skip" });
  };
  const choose = (chosen: File | null) => {
    setFile(chosen);
    upload.reset();
  };
  const options = { name: name.trim() || null, height: sizes[0], width: sizes[1], channels: channels === "" ? null : Number(channels), unreadable: skip ? "skip" : "error" };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    event.stopPropagation(); // the dialog stands inside the form of a new run
    if (file === null || tooLarge(file) || wrong) return;
    upload.mutate(
      { file, options },
      {
        onSuccess: (added) => {
          form.forget();
          onAdded(added);
        },
      },
    );
  };
  return (
    <form onSubmit={submit} className={css["form"]} noValidate>
      <Restored shown={form.isRestored} onRestart={form.restart} />
      <p className={css["soft"]}>{t("vision.uploadNote")}</p>
      <DropZone
        className={css["drop"] ?? ""}
        aria-label={t("datasets.file")}
        onDrop={(event) => {
          const item = event.items.find((one) => one.kind === "file");
          if (item) void item.getFile().then(choose);
        }}
      >
        <FileTrigger acceptedFileTypes={[".zip", ".parquet"]} onSelect={(files) => choose(files?.[0] ?? null)}>
          <Button>{t("datasets.chooseFile")}</Button>
        </FileTrigger>
        <span role="status">{file?.name ?? t("vision.fileHint")}</span>
      </DropZone>
      <div className={css["two"]}>
        <TextField label={t("vision.height")} hint={t("vision.sizeHint")} value={height} mode="numeric" name="height" onChange={(value) => form.change({ height: value })} error={problems["height"] ?? (wrong ? t("vision.sizeWrong") : undefined)} />
        <TextField label={t("vision.width")} hint={t("vision.sizeHint")} value={width} mode="numeric" name="width" onChange={(value) => form.change({ width: value })} error={problems["width"]} />
        <SelectField
          label={t("vision.channels")}
          value={channels}
          onChange={(value) => form.change({ channels: value })}
          name="channels"
          error={problems["channels"]}
          options={[
            { value: "", label: t("vision.asFound") },
            { value: "1", label: t("vision.grey") },
            { value: "3", label: t("vision.colour") },
          ]}
        />
        <TextField label={t("datasets.name")} hint={t("datasets.nameHint")} value={name} name="name" onChange={(value) => form.change({ name: value })} error={problems["name"]} />
      </div>
      <CheckField label={t("vision.skip")} hint={t("vision.skipHint")} checked={skip} onChange={(value) => form.change({ skip: value })} name="skip" />
      {file !== null && tooLarge(file) ? <TooLarge file={file} /> : null}
      {file === null || tooLarge(file) || wrong ? null : <PreviewPanel key={`${file.name} ${String(file.size)}`} file={file} options={{ kind: "images", ...options, name: null }} onCorrect={correct} />}
      {upload.error ? <ErrorNotice error={upload.error} /> : null}
      <DialogActions>
        <Button onPress={onClose}>{t("common.close")}</Button>
        <Button look="primary" type="submit" disabled={file === null || tooLarge(file)} pending={upload.isPending}>
          {t("datasets.add")}
        </Button>
      </DialogActions>
    </form>
  );
}
