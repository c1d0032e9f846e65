package typegen

// names are the short names of a project's types; DEFAULT stands for the default namespace.
const names = `type Spaces = Omit<Database, "__InternalSupabase">
type Place = { schema: keyof Spaces }
type Members<S extends keyof Spaces, Kind extends string> = Kind extends keyof Spaces[S] ? Spaces[S][Kind] : never
type Relations<S extends keyof Spaces> = Spaces[S]["Tables"] & Spaces[S]["Views"]
type Part<Group, Name, Key extends string> = Name extends keyof Group ? (Group[Name] extends { [_ in Key]: infer T } ? T : never) : never

/** A row: Tables<"name">, or Tables<{ schema: "namespace" }, "name">. */
export type Tables<
  Of extends keyof Relations<DEFAULT> | Place,
  Name extends Of extends Place ? keyof Relations<Of["schema"]> : never = never,
> = Of extends Place ? Part<Relations<Of["schema"]>, Name, "Row"> : Part<Relations<DEFAULT>, Of, "Row">

/** What an insert takes. */
export type TablesInsert<
  Of extends keyof Members<DEFAULT, "Tables"> | Place,
  Name extends Of extends Place ? keyof Members<Of["schema"], "Tables"> : never = never,
> = Of extends Place ? Part<Members<Of["schema"], "Tables">, Name, "Insert"> : Part<Members<DEFAULT, "Tables">, Of, "Insert">

/** What an update takes. */
export type TablesUpdate<
  Of extends keyof Members<DEFAULT, "Tables"> | Place,
  Name extends Of extends Place ? keyof Members<Of["schema"], "Tables"> : never = never,
> = Of extends Place ? Part<Members<Of["schema"], "Tables">, Name, "Update"> : Part<Members<DEFAULT, "Tables">, Of, "Update">

/** The words of an enum: Enums<"collection_field">. */
export type Enums<
  Of extends keyof Members<DEFAULT, "Enums"> | Place,
  Name extends Of extends Place ? keyof Members<Of["schema"], "Enums"> : never = never,
> = Of extends Place
  ? Name extends keyof Members<Of["schema"], "Enums"> ? Members<Of["schema"], "Enums">[Name] : never
  : Of extends keyof Members<DEFAULT, "Enums"> ? Members<DEFAULT, "Enums">[Of] : never

/** There are none; the name is here for programs that use it. */
export type CompositeTypes<
  Of extends keyof Members<DEFAULT, "CompositeTypes"> | Place,
  Name extends Of extends Place ? keyof Members<Of["schema"], "CompositeTypes"> : never = never,
> = Of extends Place
  ? Name extends keyof Members<Of["schema"], "CompositeTypes"> ? Members<Of["schema"], "CompositeTypes">[Name] : never
  : Of extends keyof Members<DEFAULT, "CompositeTypes"> ? Members<DEFAULT, "CompositeTypes">[Of] : never
`
