import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { TooLarge, useTooLarge } from "../projects/TooLarge";
import { Button } from "../ui/Button";
import { ErrorNotice } from "../ui/Notice";
import { useImportBundle } from "./api";
import css from "./Models.module.css";

/** Imports a version from a bundle; it has no alias until a person sets one. */
export function ImportBundle() {
  const { t } = useTranslation();
  const bring = useImportBundle();
  const tooLarge = useTooLarge();
  const [refused, setRefused] = useState<File | null>(null);
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".zip,application/zip"
        className="visually-hidden"
        tabIndex={-1}
        aria-label={t("life.import")}
        data-testid="import-bundle"
        onChange={(event) => {
          const file = event.target.files?.[0];
          const large = file !== undefined && tooLarge(file);
          setRefused(large ? file : null);
          if (file && !large) bring.mutate(file);
          event.target.value = "";
        }}
      />
      <Button pending={bring.isPending} onPress={() => input.current?.click()}>
        {t("life.import")}
      </Button>
      {bring.data ? <p className={css["soft"]} role="status">{t("life.importedAs", { model: bring.data.model, version: bring.data.version })}</p> : null}
      {refused ? <TooLarge file={refused} /> : null}
      {bring.error ? <ErrorNotice error={bring.error} /> : null}
    </>
  );
}
