import type { Predicate } from "../../filters/predicate.ts";
import type { Rows } from "../../lib/rows.ts";
import type { Micros } from "../../lib/time.ts";
import type { DeploymentSort } from "../../schemas/sorting.ts";
import type { Database, Sql } from "../client.ts";
import { readSizedCount, readSizedList, type Sized } from "../sized-lists.ts";
import { type List, listOfChosen } from "../slices.ts";
import { orderDeployments } from "../sql/order.ts";
import { deploymentCountQuery, deploymentIdsQuery } from "../sql/page.ts";
import { readCount } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { deploymentParts, type StoredDeployment, selectDeployment, selectDeployments } from "./rows.ts";

export interface DeploymentList {
  readonly where: Predicate;
  readonly sort: DeploymentSort;
  readonly limit: number;
  readonly offset: number;
}

/** Returns the deployment, or null. */
export async function readDeployment(db: Database, id: string, now: Micros): Promise<StoredDeployment | null> {
  const { statement, first } = selectDeployment(id, now);
  return first(await db.execute(statement));
}

/** Returns the deployment by the exact names of its flow and itself, or null. */
export async function readDeploymentByName(
  db: Database,
  { flow_name, deployment_name }: { flow_name: string; deployment_name: string },
  now: Micros,
): Promise<StoredDeployment | null> {
  const { statement, first } = selectDeployments({
    from: sql`flow f cross join deployment d on d.flow_id = f.id`,
    rest: sql`where f.name = ${flow_name} and d.name = ${deployment_name}`,
    now,
  });
  return first(await db.execute(statement));
}

/** Returns the deployments that match, in the order of the sort. */
export const listDeployments = (db: Database, list: DeploymentList, now: Micros): Promise<Rows<StoredDeployment>> =>
  readSizedList({ db, list: selectPage(list, now) }).then(({ rows }) => rows);

/** Returns a page of the deployments that match and the total number. */
export async function pageDeployments(
  db: Database,
  list: DeploymentList,
  now: Micros,
): Promise<{ rows: Rows<StoredDeployment>; count: number }> {
  const { rows, beside } = await readSizedList({ db, list: selectPage(list, now) }, countStatement(list.where));
  return { rows, count: readCount(beside[0]) };
}

/** Returns the number of deployments that match. */
export const countDeployments = (db: Database, where: Predicate): Promise<number> => readSizedCount(db, countStatement(where));

const countStatement =
  (where: Predicate): Sized<Sql> =>
  (isSmall) =>
    deploymentCountQuery({ where, isSmall });

/** The statement that selects the ids of the deployments that match. */
export const selectDeploymentIds = (list: DeploymentList): Sql => deploymentIdsQuery(list);

const selectPage =
  (list: DeploymentList, now: Micros): Sized<List<StoredDeployment>> =>
  (isSmall) =>
    listOfChosen(deploymentIdsQuery({ ...list, isSmall }), { ...deploymentParts(now), order: orderDeployments(list.sort, "d") });
