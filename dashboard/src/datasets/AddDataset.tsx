import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";

import type { DatasetVersion } from "../api/types";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { ErrorNotice, Notice } from "../ui/Notice";
import { UploadImages } from "../vision/UploadImages";
import css from "./Datasets.module.css";
import { FindingList } from "./FindingList";
import { SourceForm } from "./SourceForm";
import { readHeader } from "./header";
import { UploadForm, type ReadFile } from "./UploadForm";
import { useAddFromSource } from "./api";
import { useWindowDrop } from "./useWindowDrop";

type Way = "file" | "images" | "source";

/** Buttons that add a dataset: bundled departures or digits in one click, a table, images, or any source plugin. */
export function AddDataset({ onAdded, empty = false, dropAnywhere = false }: { onAdded: (added: DatasetVersion) => void; empty?: boolean; dropAnywhere?: boolean }) {
  const { t } = useTranslation();
  const [way, setWay] = useState<Way | null>(null);
  const [added, setAdded] = useState<DatasetVersion | null>(null);
  const [dropped, setDropped] = useState<ReadFile | null>(null);
  const accept = useCallback((file: File) => {
    const images = /\.zip$/i.test(file.name);
    void readHeader(file).then((header) => {
      setDropped({ file, header });
      setWay(images ? "images" : "file");
    });
  }, []);
  const over = useWindowDrop(accept, dropAnywhere && way === null);
  const bundled = useAddFromSource();
  const digits = useAddFromSource();
  const done = (version: DatasetVersion) => {
    setWay(null);
    setDropped(null);
    setAdded(version);
    onAdded(version);
  };
  const close = () => {
    setWay(null);
    setDropped(null);
  };
  return (
    <div className={css["add"]}>
      {over ? <div className={css["over"]}>{t("preview.dropHere")}</div> : null}
      <div className={css["ways"]}>
        <Button
          small
          look={empty ? "primary" : "plain"}
          pending={bundled.isPending}
          testId="add-bundled"
          onPress={() => bundled.mutate({ source: "bundled", options: { series: "departures" }, name: "departures" }, { onSuccess: done })}
        >
          {t("datasets.addBundled")}
        </Button>
        <Button small pending={digits.isPending} testId="add-digits" onPress={() => digits.mutate({ source: "bundled", options: { series: "digits" }, name: "digits" }, { onSuccess: done })}>
          {t("vision.addDigits")}
        </Button>
        <Button small onPress={() => setWay("file")} testId="add-file">
          {t("datasets.addFile")}
        </Button>
        <Button small onPress={() => setWay("images")} testId="add-images">
          {t("vision.addImages")}
        </Button>
        <Button small onPress={() => setWay("source")} testId="add-source">
          {t("datasets.addSource")}
        </Button>
      </div>
      {bundled.error ? <ErrorNotice error={bundled.error} /> : null}
      {digits.error ? <ErrorNotice error={digits.error} /> : null}
      {added ? (
        <Notice tone="good" role="status">
          <p>{t(added.created ? "datasets.added" : "datasets.alreadyThere", { name: added.name, version: added.version })}</p>
          <FindingList findings={added.findings} />
        </Notice>
      ) : null}
      <Dialog title={t("datasets.addFile")} open={way === "file"} onClose={close}>
        <UploadForm onAdded={done} dropped={dropped} onClose={close} />
      </Dialog>
      <Dialog title={t("vision.addImages")} open={way === "images"} onClose={close}>
        <UploadImages onAdded={done} dropped={dropped?.file ?? null} onClose={close} />
      </Dialog>
      <Dialog title={t("datasets.addSource")} open={way === "source"} onClose={() => setWay(null)}>
        <SourceForm onAdded={done} onClose={() => setWay(null)} />
      </Dialog>
    </div>
  );
}
