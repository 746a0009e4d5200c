/** Conditions of a status: at most one of each type, whatever else a Kind's conditions hold. */
export const conditionOf = <C extends { type: string }>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined => conditions?.find(condition => condition.type === type);
