import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Promotion } from "../../api/types";
import { inLanguage } from "../../language/setup";
import { useFormats } from "../../language/useFormats";
import { usePaths } from "../../projects/session";
import { Button } from "../../ui/Button";
import text from "../../ui/Content.module.css";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { Facts, Hash } from "../../ui/Facts";
import { TextField } from "../../ui/forms/Field";
import { ErrorNotice } from "../../ui/Notice";
import { useDecide } from "../api";
import css from "./Decisions.module.css";

/** Promotions that wait for another member's approval: who asked, why, and the decision for those who may decide. */
export function WaitingPart({ name, waiting, writer }: { name: string; waiting: readonly Promotion[]; writer: boolean }) {
  const { t, i18n } = useTranslation();
  const { moment } = useFormats();
  const paths = usePaths();
  const [deciding, setDeciding] = useState<{ promotion: Promotion; approve: boolean } | null>(null);
  if (waiting.length === 0) return null;
  return (
    <div data-testid="waiting">
      {waiting.map((each) => (
        <section key={each.number} className={css["decision"]} aria-label={t("models.waitingFor", { version: each.version, alias: each.alias })}>
          <p>
            <strong>{t("models.waitingFor", { version: each.version, alias: each.alias })}</strong>
          </p>
          <p className={text["soft"]}>{t("models.askedBy", { by: each.by === "gate" ? t("models.gate") : each.by, at: moment(each.at) })}</p>
          <Facts
            facts={[
              { name: t("models.why"), value: each.said ? inLanguage(each.said, i18n.language) : each.reason },
              ...(each.run_id === null ? [] : [{ name: t("models.run"), value: <RunLink to={paths.run(each.run_id)} id={each.run_id} /> }]),
            ]}
          />
          {each.needed > 1 ? <p>{t("models.approvalsGiven", { given: each.approvals.length, needed: each.needed })}</p> : null}
          {each.approvals.map((given) => (
            <p key={given.at} className={text["soft"]}>
              {t("models.approvedBy", { by: given.by, at: moment(given.at) })}: {given.reason}
            </p>
          ))}
          {writer && !each.may_approve ? <p className={text["soft"]}>{t("models.notYours")}</p> : null}
          {writer ? (
            <DialogActions>
              <Button onPress={() => setDeciding({ promotion: each, approve: false })}>{t("models.decline")}</Button>
              {each.may_approve ? (
                <Button look="primary" onPress={() => setDeciding({ promotion: each, approve: true })}>
                  {t("models.approve")}
                </Button>
              ) : null}
            </DialogActions>
          ) : null}
        </section>
      ))}
      {deciding === null ? null : <DecisionDialog name={name} {...deciding} onClose={() => setDeciding(null)} />}
    </div>
  );
}

function RunLink({ to, id }: { to: string; id: string }) {
  return (
    <Link href={to}>
      <Hash value={id} length={8} />
    </Link>
  );
}

function DecisionDialog({ name, promotion, approve, onClose }: { name: string; promotion: Promotion; approve: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const decide = useDecide(name);
  const [reason, setReason] = useState("");
  const title = t(approve ? "models.approve" : "models.decline");
  const submit = () => decide.mutate({ number: promotion.number, approve, reason: reason.trim() || null }, { onSuccess: onClose });
  return (
    <Dialog title={title} open onClose={onClose}>
      <p>{t("models.waitingFor", { version: promotion.version, alias: promotion.alias })}</p>
      <TextField label={t("models.decisionReason")} value={reason} onChange={setReason} />
      {decide.error ? <ErrorNotice error={decide.error} /> : null}
      <DialogActions>
        <Button onPress={onClose}>{t("common.close")}</Button>
        <Button look="primary" pending={decide.isPending} onPress={submit}>
          {title}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
