import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { address, part } from "../api/client";
import type { ModelDetail } from "../api/types";
import { useSession } from "../projects/session";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { SelectField, TextField } from "../ui/forms/Field";
import { Markdown } from "../ui/Markdown";
import { ErrorNotice, Loading } from "../ui/Notice";
import { cardQuery, useIntendedUse } from "./api";
import css from "./Models.module.css";

/** The generated card of a version; people write its intended use. */
export default function CardView({ model, writer }: { model: ModelDetail; writer: boolean }) {
  const { t, i18n } = useTranslation();
  const [version, setVersion] = useState(String(model.champion ?? model.version_list[0]?.version ?? 1));
  const card = useQuery(cardQuery(model.name, Number(version), i18n.language.startsWith("tr") ? "tr" : "en"));
  const bundle = address(`/models/${part(model.name)}/versions/${version}/bundle`, { project: useSession().slug });
  return (
    <Card
      title={t("life.card")}
      actions={
        <a href={bundle} download data-testid="bundle">
          {t("life.bundle")}
        </a>
      }
      testId="card"
    >
      <SelectField label={t("life.cardVersion")} value={version} onChange={setVersion} options={model.version_list.map((each) => ({ value: String(each.version), label: `v${String(each.version)}` }))} />
      {card.error ? <ErrorNotice error={card.error} /> : null}
      {card.isLoading ? <Loading /> : null}
      {card.data && writer ? <UseForm key={card.data.intended_use ?? ""} name={model.name} text={card.data.intended_use ?? ""} /> : null}
      {card.data ? <Markdown text={card.data.markdown} caption={t("life.card")} testId="card-text" /> : null}
    </Card>
  );
}

function UseForm({ name, text }: { name: string; text: string }) {
  const { t } = useTranslation();
  const save = useIntendedUse(name);
  const [written, setWritten] = useState(text);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    save.mutate(written);
  };
  return (
    <form onSubmit={submit} className={css["form"]}>
      <TextField label={t("life.intendedUse")} hint={t("life.intendedUseHint")} value={written} onChange={setWritten} testId="intended-use" />
      {save.error ? <ErrorNotice error={save.error} /> : null}
      <div>
        <Button type="submit" disabled={written === text} pending={save.isPending}>
          {t("life.saveUse")}
        </Button>
      </div>
    </form>
  );
}
