// Names of tables: checked strictly, because a name cannot be bound as a parameter.

/** One name, or two with a dot between, of letters, digits and underscores, not of digits alone. */
const TABLE_NAME = /^(?:(?!\d+\.)([A-Za-z0-9_]{1,64})\.)?(?!\d+$)([A-Za-z0-9_]{1,64})$/

export interface TableName {
  /** As it was given, for sentences. */
  readonly text: string
  /** The database, where one was named. */
  readonly database: string | undefined
  readonly table: string
  /** Quoted, for statements. */
  readonly sql: string
}

export function isTableName(value: unknown): value is string {
  return typeof value === 'string' && TABLE_NAME.test(value)
}

/** The parts of a name for which `isTableName` holds. */
export function splitTableName(text: string): TableName {
  const [, database, table = ''] = TABLE_NAME.exec(text) ?? []
  const sql = database === undefined ? `\`${table}\`` : `\`${database}\`.\`${table}\``
  return { text, database, table, sql }
}
