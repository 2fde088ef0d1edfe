import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { DropZone, FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { part, postForm } from "../api/client";
import type { ModelDetail, ImageAnswer } from "../api/types";
import { useFormats } from "../language/useFormats";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Hash } from "../ui/Facts";
import { ErrorNotice, Loading } from "../ui/Notice";
import { PixelImage } from "./PixelImage";
import css from "./Vision.module.css";

const SHOWN = 10;

/** A chosen file: its name, and an address that only this page can read. */
interface Sent {
  name: string;
  address: string;
}

/** Input for an image, with the champion's classes and their probabilities. */
export default function PredictImage({ model }: { model: ModelDetail }) {
  const { t } = useTranslation();
  const session = useSession();
  const [sent, setSent] = useState<Sent | null>(null);
  const version = model.champion ?? null;
  const predict = useMutation({
    mutationFn: (chosen: File) => {
      const form = new FormData();
      form.append("image", chosen);
      return postForm(`/models/${part(model.name)}/predict-image`, form);
    },
  });
  // Released when another image is chosen or the page is left; until then the image is shown.
  useEffect(() => (sent ? () => URL.revokeObjectURL(sent.address) : undefined), [sent]);
  const choose = (chosen: File | null) => {
    if (chosen === null) return;
    setSent({ name: chosen.name, address: URL.createObjectURL(chosen) });
    predict.mutate(chosen);
  };
  return (
    <Card title={t("vision.predict")} note={t("vision.predictNote")} testId="predict-image">
      {version === null ? <p className={css["soft"]}>{t("predict.noChampion")}</p> : null}
      {version !== null && mayWrite(session) ? (
        <DropZone
          className={css["drop"] ?? ""}
          aria-label={t("vision.image")}
          onDrop={(event) => {
            const item = event.items.find((one) => one.kind === "file");
            if (item) void item.getFile().then(choose);
          }}
        >
          <FileTrigger acceptedFileTypes={["image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif", "image/tiff"]} onSelect={(files) => choose(files?.[0] ?? null)}>
            <Button look="primary" pending={predict.isPending}>
              {t("vision.chooseImage")}
            </Button>
          </FileTrigger>
          <span role="status">{sent?.name ?? t("vision.dropImage")}</span>
        </DropZone>
      ) : null}
      {predict.error ? <ErrorNotice error={predict.error} /> : null}
      {predict.isPending ? <Loading /> : null}
      {predict.data && sent ? <Answer answer={predict.data} sent={sent} /> : null}
    </Card>
  );
}

function Answer({ answer, sent }: { answer: ImageAnswer; sent: Sent }) {
  const { t } = useTranslation();
  const { percent } = useFormats();
  const paths = usePaths();
  const [best] = answer.classes;
  const rest = answer.classes.length - SHOWN;
  return (
    <div className={css["answer"]} aria-live="polite">
      <div className={css["looks"]}>
        <figure>
          <img className={css["sent"]} src={sent.address} alt={t("vision.sentAlt", { name: sent.name })} />
          <figcaption>{t("vision.sent")}</figcaption>
        </figure>
        <figure>
          <PixelImage png={answer.seen} alt={t("vision.seenAlt", { height: answer.size.height, width: answer.size.width })} size={112} />
          <figcaption>{t("vision.seen", { height: answer.size.height, width: answer.size.width })}</figcaption>
        </figure>
      </div>
      <div>
        <p className={css["headline"]} data-testid="image-answer">
          {t("vision.says", { label: best?.class ?? "–", sure: percent(best?.probability, 1) })}
        </p>
        <table className={css["bars"]}>
          <caption className="visually-hidden">{t("vision.probabilities")}</caption>
          <tbody>
            {answer.classes.slice(0, SHOWN).map((one) => (
              <tr key={one.class}>
                <th scope="row">{one.class}</th>
                <td className={css["track"]} aria-hidden="true">
                  <span style={{ width: `${one.probability * 100}%` }} />
                </td>
                <td className={css["figure"]}>{percent(one.probability, 1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {rest > 0 ? <p className={css["soft"]}>{t("vision.more", { count: rest })}</p> : null}
        <p className={css["soft"]}>
          {t("vision.by", { version: answer.version, plugin: answer.plugin })} {t("predict.learnedIn")}{" "}
          {answer.run_id ? (
            <Link href={paths.run(answer.run_id)}>
              <Hash value={answer.run_id} length={16} />
            </Link>
          ) : (
            t("life.imported")
          )}
        </p>
      </div>
    </div>
  );
}
