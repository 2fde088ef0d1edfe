import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";

import type { RunDetail } from "../../../api/types";
import { useFormats } from "../../../language/useFormats";
import { Card } from "../../../ui/Card";
import text from "../../../ui/Content.module.css";
import { Notice } from "../../../ui/Notice";
import { FilePreview } from "./FilePreview";
import css from "./Files.module.css";
import { treeOf, type Folder } from "./tree";

/** The files that the run wrote as a tree, and a preview of the chosen one, which the address names. */
export function FilesTab({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const search = useSearch();
  const [location, navigate] = useLocation();
  const named = new URLSearchParams(search).get("file");
  const chosen = run.artifacts.find(({ name }) => name === named) ?? null;
  const choose = (name: string) => {
    const query = new URLSearchParams(search);
    query.set("file", name);
    navigate(`${location}?${query.toString()}`, { replace: true });
  };
  if (run.artifacts.length === 0) {
    return (
      <Card title={t("artifacts.title")}>
        <p className={text["soft"]}>{t("runFiles.none")}</p>
      </Card>
    );
  }
  return (
    <div className={css["pair"]}>
      <Card title={t("artifacts.title")} testId="file-tree">
        <nav aria-label={t("runFiles.tree")}>
          <Branch folder={treeOf(run.artifacts)} chosen={chosen?.name ?? null} onChoose={choose} />
        </nav>
      </Card>
      {chosen ? (
        <FilePreview key={chosen.sha256} runId={run.id} file={chosen} />
      ) : (
        <Card>{named === null ? <p className={text["soft"]}>{t("runFiles.choose")}</p> : <Notice tone="ember">{t("runFiles.gone", { name: named })}</Notice>}</Card>
      )}
    </div>
  );
}

function Branch({ folder, chosen, onChoose }: { folder: Folder; chosen: string | null; onChoose: (name: string) => void }) {
  const { i18n } = useTranslation();
  const { bytes } = useFormats();
  return (
    <ul className={css["branch"]}>
      {folder.folders.map((inner) => (
        <li key={inner.name}>
          <details open>
            <summary dir="auto">{inner.name}</summary>
            <Branch folder={inner} chosen={chosen} onChoose={onChoose} />
          </details>
        </li>
      ))}
      {folder.files.map(({ label, file }) => (
        <li key={file.name}>
          <button type="button" className={css["file"]} aria-current={file.name === chosen ? "true" : undefined} title={file.name} onClick={() => onChoose(file.name)}>
            <span className={css["fileName"]} dir="auto">{label}</span>
            <span className={css["size"]}>{i18n.t(`artifacts.kinds.${file.kind}`, { defaultValue: file.kind })} · {bytes(file.bytes)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
