/** A fact as the domain sees it: a logical type name and plain JSON data (money as decimal strings). */
export interface DomainEvent<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  readonly data: Data;
}
