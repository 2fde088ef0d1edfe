import { useTranslation } from "react-i18next";

import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import css from "./Dialogs.module.css";
import { FieldSearch } from "./FieldSearch";

/** Chooses the config field by which runs are grouped. */
export function GroupChooser({ field, onChoose, onClose }: { field: string; onChoose: (field: string) => void; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog title={t("runList.groupTitle")} open onClose={onClose}>
      <FieldSearch withMetrics={false}>
        {({ config }) =>
          config.length === 0 ? (
            <p>{t("runList.noConfig")}</p>
          ) : (
            <fieldset>
              <legend>{t("runList.kind.config")}</legend>
              {config.map((name) => (
                <label key={name} className={css["check"]}>
                  <input type="radio" name="group" checked={field === `config.${name}`} onChange={() => onChoose(`config.${name}`)} data-testid={`group-${name}`} />
                  <span dir="auto">{name}</span>
                </label>
              ))}
            </fieldset>
          )
        }
      </FieldSearch>
      <DialogActions>
        {field === "" ? null : (
          <Button onPress={() => onChoose("")} testId="no-groups">
            {t("runList.noGroups")}
          </Button>
        )}
        <Button onPress={onClose}>{t("runList.cancelDialog")}</Button>
      </DialogActions>
    </Dialog>
  );
}
