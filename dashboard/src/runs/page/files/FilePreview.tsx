import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { address, get, part, readBlob } from "../../../api/client";
import { useFormats } from "../../../language/useFormats";
import { useSession } from "../../../projects/session";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import text from "../../../ui/Content.module.css";
import { Hash } from "../../../ui/Facts";
import { Markdown } from "../../../ui/Markdown";
import { ErrorNotice, Loading, Notice } from "../../../ui/Notice";
import { Table } from "../../../ui/Table";
import css from "./Files.module.css";
import { shownAs, type RunFile } from "./tree";

/** Larger pictures and PDFs are only downloaded. */
const MOST_BYTES = 40_000_000;

/** The beginning of a file, or the whole of a picture or PDF. Nothing in it is executed. */
export function FilePreview({ runId, file }: { runId: string; file: RunFile }) {
  const { t } = useTranslation();
  const { bytes } = useFormats();
  const { slug } = useSession();
  const path = file.name.split("/").map(part).join("/");
  const url = address(`/runs/${part(runId)}/artifacts/${path}`, { project: slug });
  const shown = shownAs(file);
  return (
    <Card
      title={<span dir="auto" className={css["heading"]}>{file.name}</span>}
      note={
        <>
          {bytes(file.bytes)} · SHA-256 <Hash value={file.sha256} />
        </>
      }
      actions={
        <a href={url} download>
          {t("runFiles.download")}
        </a>
      }
      testId="file-preview"
    >
      {shown !== "read" && file.bytes > MOST_BYTES ? (
        <p className={text["soft"]}>{t("runFiles.tooLarge", { size: bytes(file.bytes) })}</p>
      ) : shown === "picture" ? (
        <Picture url={url} name={file.name} />
      ) : shown === "pdf" ? (
        <Pdf url={url} name={file.name} />
      ) : (
        <Beginning runId={runId} path={path} file={file} />
      )}
    </Card>
  );
}

function Picture({ url, name }: { url: string; name: string }) {
  const { t } = useTranslation();
  const [broken, setBroken] = useState(false);
  if (broken) return <Notice tone="ember">{t("runFiles.broken")}</Notice>;
  return <img className={css["picture"]} src={url} alt={t("runFiles.preview", { name })} onError={() => setBroken(true)} />;
}

/** The browser's own viewer shows the bytes as a PDF, whatever they are. */
function Pdf({ url, name }: { url: string; name: string }) {
  const { t } = useTranslation();
  const file = useQuery({ queryKey: ["file", url], queryFn: ({ signal }) => readBlob(url, signal), staleTime: Infinity, gcTime: 0 });
  const [shown, setShown] = useState<string | null>(null);
  useEffect(() => {
    if (!file.data) return undefined;
    const made = URL.createObjectURL(new Blob([file.data], { type: "application/pdf" }));
    setShown(made); // eslint-disable-line react-hooks/set-state-in-effect -- the address exists only while the effect does
    return () => URL.revokeObjectURL(made);
  }, [file.data]);
  if (file.error) return <ErrorNotice error={file.error} />;
  return shown === null ? <Loading /> : <iframe className={css["pdf"]} src={shown} title={t("runFiles.preview", { name })} />;
}

function Beginning({ runId, path, file }: { runId: string; path: string; file: RunFile }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const [raw, setRaw] = useState(false);
  const preview = useQuery({
    queryKey: ["run", runId, "preview", file.name, file.sha256],
    queryFn: ({ signal }) => get(`/runs/${part(runId)}/previews/${path}`, {}, signal),
    staleTime: Infinity,
    retry: false,
  });
  if (preview.error) return <ErrorNotice error={preview.error} />;
  if (!preview.data) return <Loading />;
  const { kind, columns, rows, total_rows: total, truncated, text: content } = preview.data;
  if (kind === "none") return <p className={text["soft"]}>{t("runFiles.noPreview")}</p>;
  if (kind === "table") {
    return (
      <>
        <div className={css["table"]}>
          <Table caption={t("runFiles.preview", { name: file.name })} testId="preview-table">
            <thead>
              <tr>
                {(columns ?? []).map((column, index) => (
                  <th key={index} scope="col" dir="auto">{column}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {(rows ?? []).map((row, index) => (
                <tr key={index}>
                  {row.map((value, place) => (
                    <td key={place} dir="auto">{value ?? <span className={text["soft"]}>–</span>}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </Table>
        </div>
        <p className={text["footnote"]}>{total === null || total === undefined ? t("runFiles.firstRows", { shown: count(rows?.length ?? 0) }) : t("runFiles.rows", { shown: count(rows?.length ?? 0), all: count(total) })}</p>
      </>
    );
  }
  const formatted = formattedAs(file.name, content ?? "", truncated);
  return (
    <>
      {/\.(html?|svg)$/i.test(file.name) ? <Notice>{t("runFiles.notRun")}</Notice> : null}
      {formatted === null ? null : (
        <p>
          <Button small onPress={() => setRaw(!raw)}>{t(raw ? "runFiles.rendered" : "runFiles.raw")}</Button>
        </p>
      )}
      {formatted === "markdown" && !raw ? (
        // Focusable, because a keyboard must be able to scroll it.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className={css["formatted"]} tabIndex={0} role="group" aria-label={t("runFiles.preview", { name: file.name })}>
          <Markdown text={content ?? ""} caption={file.name} />
        </div>
      ) : (
        // Focusable, because a keyboard must be able to scroll it.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <pre className={css["text"]} tabIndex={0} role="group" aria-label={t("runFiles.preview", { name: file.name })} data-testid="preview-text">
          {formatted === null || formatted === "markdown" || raw ? content : formatted.json}
        </pre>
      )}
      {truncated ? <p className={text["footnote"]}>{t("runFiles.cut")}</p> : null}
    </>
  );
}

/** Markdown is rendered without HTML, whole JSON is indented, other text is shown as it is (null). */
function formattedAs(name: string, content: string, truncated: boolean): "markdown" | { json: string } | null {
  if (/\.(md|markdown)$/i.test(name)) return "markdown";
  if (!/\.json$/i.test(name) || truncated) return null;
  try {
    return { json: JSON.stringify(JSON.parse(content), null, 2) };
  } catch {
    return null;
  }
}
