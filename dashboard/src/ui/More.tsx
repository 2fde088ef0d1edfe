import { useTranslation } from "react-i18next";

import { Button } from "./Button";

interface MoreProps {
  list: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

/** Button that loads the next page of a list; absent if the list is complete. */
export function More({ list }: MoreProps) {
  const { t } = useTranslation();
  if (!list.hasNextPage) return null;
  return (
    <Button small pending={list.isFetchingNextPage} onPress={() => list.fetchNextPage()} testId="more">
      {t("common.more")}
    </Button>
  );
}
