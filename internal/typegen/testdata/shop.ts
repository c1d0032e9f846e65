// The types of the data API for users, written by `socle types`. Changes made here are lost.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  /** Which abilities of the server the client may count on. */
  __InternalSupabase: { PostgrestVersion: "14" }
  public: {
    Tables: {
      /**
       * A tree of shelves.
       *
       * Ends nothing: *\/ is text here.
       */
      categories: {
        Row: {
          id: number
          title: string
          parent_id: number | null
        }
        Insert: {
          id?: number
          title: string
          parent_id?: number | null
        }
        Update: {
          id?: number
          title?: string
          parent_id?: number | null
        }
        Relationships: [
          { foreignKeyName: "categories_parent_id_fkey", columns: ["parent_id"], isOneToOne: false, referencedRelation: "categories", referencedColumns: ["id"] },
        ]
      }
      /** Who likes which product; `people` of a product means those, not its seller. */
      favourites: {
        Row: {
          person_id: string
          product_id: number
        }
        Insert: {
          person_id: string
          product_id: number
        }
        Update: {
          person_id?: string
          product_id?: number
        }
        Relationships: [
          { foreignKeyName: "favourites_person_id_fkey", columns: ["person_id"], isOneToOne: false, referencedRelation: "people", referencedColumns: ["id"] },
          { foreignKeyName: "favourites_product_id_fkey", columns: ["product_id"], isOneToOne: false, referencedRelation: "products", referencedColumns: ["id"] },
        ]
      }
      /** Names of every sort *\/ alert(1) */
      "Größe \"x\"": {
        Row: {
          "the id": number
          "a\"b": string | null
          "größe": number | null
          "product id": number | null
        }
        Insert: {
          "the id"?: number
          "a\"b"?: string | null
          "größe"?: number | null
          "product id"?: number | null
        }
        Update: {
          "the id"?: number
          "a\"b"?: string | null
          "größe"?: number | null
          "product id"?: number | null
        }
        Relationships: [
          { foreignKeyName: "Größe \"x\"_product id_fkey", columns: ["product id"], isOneToOne: false, referencedRelation: "products", referencedColumns: ["id"] },
        ]
      }
      order_lines: {
        Row: {
          order_year: number
          order_no: number
          line: number
          product_id: number
          quantity: number
        }
        Insert: {
          order_year: number
          order_no: number
          line: number
          product_id: number
          quantity?: number
        }
        Update: {
          order_year?: number
          order_no?: number
          line?: number
          product_id?: number
          quantity?: number
        }
        Relationships: [
          { foreignKeyName: "order_lines_product_id_fkey", columns: ["product_id"], isOneToOne: false, referencedRelation: "products", referencedColumns: ["id"] },
          { foreignKeyName: "order_lines_order_fkey", columns: ["order_year", "order_no"], isOneToOne: false, referencedRelation: "orders", referencedColumns: ["year", "no"] },
        ]
      }
      orders: {
        Row: {
          year: number
          no: number
          buyer_id: string
          seller_id: string | null
          placed_at: string
        }
        Insert: {
          year: number
          no: number
          buyer_id: string
          seller_id?: string | null
          placed_at?: string
        }
        Update: {
          year?: number
          no?: number
          buyer_id?: string
          seller_id?: string | null
          placed_at?: string
        }
        Relationships: [
          { foreignKeyName: "orders_buyer_id_fkey", columns: ["buyer_id"], isOneToOne: false, referencedRelation: "people", referencedColumns: ["id"] },
          { foreignKeyName: "orders_seller_id_fkey", columns: ["seller_id"], isOneToOne: false, referencedRelation: "people", referencedColumns: ["id"] },
        ]
      }
      /** Who buys and who sells. */
      people: {
        Row: {
          id: string
          /** As it stands on the door. */
          name: string
          account: string | null
          kind: Database["public"]["Enums"]["people_kind"]
          /** Null in the rows where the reader may not see it. */
          email: string | null
          rating: number | null
        }
        Insert: {
          id?: string
          name: string
          account?: string | null
          kind?: Database["public"]["Enums"]["people_kind"]
          email?: string | null
          rating?: number | null
          pin?: string
        }
        Update: {
          id?: string
          name?: string
          account?: string | null
          kind?: Database["public"]["Enums"]["people_kind"]
          email?: string | null
          rating?: number | null
          pin?: string
        }
        Relationships: []
      }
      product_categories: {
        Row: {
          product_id: number
          category_id: number
        }
        Insert: {
          product_id: number
          category_id: number
        }
        Update: {
          product_id?: number
          category_id?: number
        }
        Relationships: [
          { foreignKeyName: "product_categories_product_id_fkey", columns: ["product_id"], isOneToOne: false, referencedRelation: "products", referencedColumns: ["id"] },
          { foreignKeyName: "product_categories_category_id_fkey", columns: ["category_id"], isOneToOne: false, referencedRelation: "categories", referencedColumns: ["id"] },
        ]
      }
      /** What can be bought. */
      products: {
        Row: {
          id: number
          name: string
          price: number
          weight: number | null
          tags: string[]
          sizes: Database["public"]["Enums"]["products_sizes"][] | null
          state: Database["public"]["Enums"]["products_state"] | null
          meta: Json | null
          image: string | null
          released: string | null
          visible: boolean
          seller_id: string | null
          sku: string
          created_at: string
          /**
           * More than a hundred.
           * Computed: `*` leaves it out, a select names it.
           */
          dear: boolean | null
        }
        Insert: {
          id?: number
          name: string
          price: number
          weight?: number | null
          tags?: string[]
          sizes?: Database["public"]["Enums"]["products_sizes"][] | null
          state?: Database["public"]["Enums"]["products_state"] | null
          meta?: Json | null
          image?: string | null
          released?: string | null
          visible?: boolean
          seller_id?: string | null
          sku?: string
          created_at?: never
          dear?: never
        }
        Update: {
          id?: number
          name?: string
          price?: number
          weight?: number | null
          tags?: string[]
          sizes?: Database["public"]["Enums"]["products_sizes"][] | null
          state?: Database["public"]["Enums"]["products_state"] | null
          meta?: Json | null
          image?: string | null
          released?: string | null
          visible?: boolean
          seller_id?: string | null
          sku?: string
          created_at?: never
          dear?: never
        }
        Relationships: [
          { foreignKeyName: "products_seller_id_fkey", columns: ["seller_id"], isOneToOne: false, referencedRelation: "people", referencedColumns: ["id"] },
          // "people" alone means another way from here: a reference is named by its column, or as people!<foreign key>
          { foreignKeyName: "", columns: [], isOneToOne: false, referencedRelation: "people", referencedColumns: [] },
        ]
        ComputedFields: "dear"
      }
      profiles: {
        Row: {
          id: string
          person_id: string
          about: string | null
        }
        Insert: {
          id?: string
          person_id: string
          about?: string | null
        }
        Update: {
          id?: string
          person_id?: string
          about?: string | null
        }
        Relationships: [
          { foreignKeyName: "profiles_person_id_fkey", columns: ["person_id"], isOneToOne: true, referencedRelation: "people", referencedColumns: ["id"] },
        ]
      }
    }
    Views: {
      /** What was sold, by product. */
      sales: {
        Row: {
          product_id: number
          state: Database["public"]["Enums"]["products_state"] | null
          pieces: number | null
          lines: number
        }
        Relationships: [
          { foreignKeyName: "order_lines_product_id_fkey", columns: ["product_id"], isOneToOne: false, referencedRelation: "products", referencedColumns: ["id"] },
        ]
      }
    }
    Functions: {
      /** A relation: for selects, not for rpc. */
      buyer:
        | {
          Args: never
          Returns: { error: true } & "buyer is a relation of orders: embed it in a select"
          SetofOptions: { from: "orders", to: "people", isOneToOne: true, isSetofReturn: true, isNotNullable: true }
        }
      /** A relation: for selects, not for rpc. */
      category:
        | {
          Args: never
          Returns: { error: true } & "category is a relation of product_categories: embed it in a select"
          SetofOptions: { from: "product_categories", to: "categories", isOneToOne: true, isSetofReturn: true, isNotNullable: true }
        }
      /** Products from a price on. */
      dear_products: {
        Args: {
          /** The price they begin at. */
          least: number
          state?: "draft" | "on sale" | null
        }
        Returns: {
          id: number
          title: string
          state: "draft" | "on sale" | "sold \"out\"" | null
          seller: {
            name: string
            email: string | null
          } | null
          shelves: {
            title: string
          }[]
        }[]
        SetofOptions: { from: "*", to: "products", isOneToOne: false, isSetofReturn: true }
      }
      /** Two steps, both or none. */
      like: {
        Args: {
          person: string
          product: number
        }
        Returns: { status: number; headers: { [name: string]: string }; body: Json }[]
      }
      /** A relation: for selects, not for rpc. */
      liked:
        | {
          Args: never
          Returns: { error: true } & "liked is a relation of people: embed it in a select"
          SetofOptions: { from: "people", to: "products", isOneToOne: false, isSetofReturn: true }
        }
      /** A relation: for selects, not for rpc. */
      parent:
        | {
          Args: never
          Returns: { error: true } & "parent is a relation of categories: embed it in a select"
          SetofOptions: { from: "categories", to: "categories", isOneToOne: true, isSetofReturn: true, isNotNullable: false }
        }
      /** A relation: for selects, not for rpc. */
      person:
        | {
          Args: never
          Returns: { error: true } & "person is a relation of favourites: embed it in a select"
          SetofOptions: { from: "favourites", to: "people", isOneToOne: true, isSetofReturn: true, isNotNullable: true }
        }
        | {
          Args: never
          Returns: { error: true } & "person is a relation of profiles: embed it in a select"
          SetofOptions: { from: "profiles", to: "people", isOneToOne: true, isSetofReturn: true, isNotNullable: true }
        }
      /** A relation: for selects, not for rpc. */
      product:
        | {
          Args: never
          Returns: { error: true } & "product is a relation of favourites: embed it in a select"
          SetofOptions: { from: "favourites", to: "products", isOneToOne: true, isSetofReturn: true, isNotNullable: true }
        }
        | {
          Args: never
          Returns: { error: true } & "product is a relation of order_lines: embed it in a select"
          SetofOptions: { from: "order_lines", to: "products", isOneToOne: true, isSetofReturn: true, isNotNullable: true }
        }
        | {
          Args: never
          Returns: { error: true } & "product is a relation of product_categories: embed it in a select"
          SetofOptions: { from: "product_categories", to: "products", isOneToOne: true, isSetofReturn: true, isNotNullable: true }
        }
        | {
          Args: never
          Returns: { error: true } & "product is a relation of sales: embed it in a select"
          SetofOptions: { from: "sales", to: "products", isOneToOne: true, isSetofReturn: true, isNotNullable: true }
        }
      /** A relation: for selects, not for rpc. */
      purchases:
        | {
          Args: never
          Returns: { error: true } & "purchases is a relation of people: embed it in a select"
          SetofOptions: { from: "people", to: "orders", isOneToOne: false, isSetofReturn: true }
        }
      role: {
        Args: Record<PropertyKey, never>
        Returns: string
      }
      /** A relation: for selects, not for rpc. */
      seller:
        | {
          Args: never
          Returns: { error: true } & "seller is a relation of orders: embed it in a select"
          SetofOptions: { from: "orders", to: "people", isOneToOne: true, isSetofReturn: true, isNotNullable: false }
        }
        | {
          Args: never
          Returns: { error: true } & "seller is a relation of products: embed it in a select"
          SetofOptions: { from: "products", to: "people", isOneToOne: true, isSetofReturn: true, isNotNullable: false }
        }
      /** Who sells, whatever may be seen of them. */
      sellers: {
        Args: Record<PropertyKey, never>
        Returns: {
          name: string
        }[]
      }
      /** A relation: for selects, not for rpc. */
      shelves:
        | {
          Args: never
          Returns: { error: true } & "shelves is a relation of products: embed it in a select"
          SetofOptions: { from: "products", to: "categories", isOneToOne: false, isSetofReturn: true }
        }
      twice: {
        Args: {
          n: number
        }
        Returns: number | null
      }
    }
    Enums: {
      people_kind: "buyer" | "seller" | "both"
      products_sizes: "s" | "m" | "l"
      products_state: "draft" | "on sale" | "sold \"out\""
    }
    CompositeTypes: {
      [_ in never]: never
    }
  }
  billing: {
    Tables: {
      invoices: {
        Row: {
          id: string
          payer_id: string
          state: Database["billing"]["Enums"]["invoices_state"]
        }
        Insert: {
          id?: string
          payer_id: string
          state?: Database["billing"]["Enums"]["invoices_state"]
        }
        Update: {
          id?: string
          payer_id?: string
          state?: Database["billing"]["Enums"]["invoices_state"]
        }
        Relationships: []
      }
      reminders: {
        Row: {
          id: string
          invoice_id: string
        }
        Insert: {
          id?: string
          invoice_id: string
        }
        Update: {
          id?: string
          invoice_id?: string
        }
        Relationships: [
          { foreignKeyName: "reminders_invoice_id_fkey", columns: ["invoice_id"], isOneToOne: false, referencedRelation: "invoices", referencedColumns: ["id"] },
        ]
      }
    }
    Views: {
      [_ in never]: never
    }
    Functions: {
      /** A relation: for selects, not for rpc. */
      invoice:
        | {
          Args: never
          Returns: { error: true } & "invoice is a relation of reminders: embed it in a select"
          SetofOptions: { from: "reminders", to: "invoices", isOneToOne: true, isSetofReturn: true, isNotNullable: true }
        }
    }
    Enums: {
      invoices_state: "open" | "paid"
    }
    CompositeTypes: {
      [_ in never]: never
    }
  }
}

type Spaces = Omit<Database, "__InternalSupabase">
type Place = { schema: keyof Spaces }
type Members<S extends keyof Spaces, Kind extends string> = Kind extends keyof Spaces[S] ? Spaces[S][Kind] : never
type Relations<S extends keyof Spaces> = Spaces[S]["Tables"] & Spaces[S]["Views"]
type Part<Group, Name, Key extends string> = Name extends keyof Group ? (Group[Name] extends { [_ in Key]: infer T } ? T : never) : never

/** A row: Tables<"name">, or Tables<{ schema: "namespace" }, "name">. */
export type Tables<
  Of extends keyof Relations<"public"> | Place,
  Name extends Of extends Place ? keyof Relations<Of["schema"]> : never = never,
> = Of extends Place ? Part<Relations<Of["schema"]>, Name, "Row"> : Part<Relations<"public">, Of, "Row">

/** What an insert takes. */
export type TablesInsert<
  Of extends keyof Members<"public", "Tables"> | Place,
  Name extends Of extends Place ? keyof Members<Of["schema"], "Tables"> : never = never,
> = Of extends Place ? Part<Members<Of["schema"], "Tables">, Name, "Insert"> : Part<Members<"public", "Tables">, Of, "Insert">

/** What an update takes. */
export type TablesUpdate<
  Of extends keyof Members<"public", "Tables"> | Place,
  Name extends Of extends Place ? keyof Members<Of["schema"], "Tables"> : never = never,
> = Of extends Place ? Part<Members<Of["schema"], "Tables">, Name, "Update"> : Part<Members<"public", "Tables">, Of, "Update">

/** The words of an enum: Enums<"collection_field">. */
export type Enums<
  Of extends keyof Members<"public", "Enums"> | Place,
  Name extends Of extends Place ? keyof Members<Of["schema"], "Enums"> : never = never,
> = Of extends Place
  ? Name extends keyof Members<Of["schema"], "Enums"> ? Members<Of["schema"], "Enums">[Name] : never
  : Of extends keyof Members<"public", "Enums"> ? Members<"public", "Enums">[Of] : never

/** There are none; the name is here for programs that use it. */
export type CompositeTypes<
  Of extends keyof Members<"public", "CompositeTypes"> | Place,
  Name extends Of extends Place ? keyof Members<Of["schema"], "CompositeTypes"> : never = never,
> = Of extends Place
  ? Name extends keyof Members<Of["schema"], "CompositeTypes"> ? Members<Of["schema"], "CompositeTypes">[Name] : never
  : Of extends keyof Members<"public", "CompositeTypes"> ? Members<"public", "CompositeTypes">[Of] : never

export const Constants = {
  public: {
    Enums: {
      people_kind: ["buyer", "seller", "both"],
      products_sizes: ["s", "m", "l"],
      products_state: ["draft", "on sale", "sold \"out\""],
    },
  },
  billing: {
    Enums: {
      invoices_state: ["open", "paid"],
    },
  },
} as const
