// A program over the types of internal/typegen/testdata/shop. It is compiled, and it is run: each `same` says what the type is, each
// `is` what came.
import type { SupabaseClient } from '@supabase/supabase-js'
import { Constants, type Database, type Enums, type Json, type Tables, type TablesInsert, type TablesUpdate } from './database.js'

type Client = SupabaseClient<Database>
type Is = (got: unknown, want: unknown) => void
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Flat<T> = T extends (infer E)[] ? Flat<E>[] : T extends object ? { [K in keyof T]: Flat<T[K]> } : T

// same compiles where the value's type is exactly the one written.
const same = <Want>() => <Got>(got: Got, ..._: Equal<Flat<Got>, Flat<Want>> extends true ? [] : [{ got: Flat<Got>; want: Flat<Want> }]): Got => got

const ok = <T>(answer: { data: T; error: { message: string } | null }): NonNullable<T> => {
  if (answer.error) throw new Error(JSON.stringify(answer.error))
  return answer.data as NonNullable<T>
}

export const constants: readonly ['buyer', 'seller', 'both'] = Constants.public.Enums.people_kind

export async function write(db: Client, is: Is) {
  const ann: TablesInsert<'people'> = { name: 'Ann', kind: 'both' }
  const people = ok(await db.from('people').insert([ann, { name: 'Ben', kind: 'buyer' }], { defaultToNull: false }).select('id,name,kind'))
  same<{ id: string; name: string; kind: 'buyer' | 'seller' | 'both' }[]>()(people)
  is(people.map((p) => [p.name, p.kind]), [['Ann', 'both'], ['Ben', 'buyer']])
  const [seller, buyer] = people.map((p) => p.id) as [string, string]

  ok(await db.from('profiles').insert({ person_id: seller, about: 'Sells.' }).select())
  const shelf = ok(await db.from('categories').insert({ title: 'All' }).select().single())
  same<Tables<'categories'>>()(shelf)
  ok(await db.from('categories').insert({ title: 'Cups', parent_id: shelf.id }).select())

  const cup = ok(await db.from('products').insert({
    name: 'Cup', price: 120.5, seller_id: seller, tags: ['blue'], sizes: ['s', 'l'], state: 'on sale', meta: { colours: ['blue'] },
  }).select('*').single())
  same<Omit<Tables<'products'>, 'dear'>>()(cup)
  is(Object.keys(cup), ['id', 'name', 'price', 'weight', 'tags', 'sizes', 'state', 'meta', 'image', 'released', 'visible', 'seller_id', 'sku', 'created_at'])
  is([typeof cup.id, cup.price, cup.weight, cup.tags, cup.sizes, cup.state, cup.meta, cup.visible, typeof cup.created_at],
    ['number', 120.5, null, ['blue'], ['s', 'l'], 'on sale', { colours: ['blue'] }, true, 'string'])
  ok(await db.from('product_categories').insert({ product_id: cup.id, category_id: shelf.id }).select())
  ok(await db.from('favourites').insert({ person_id: buyer, product_id: cup.id }).select())
  ok(await db.from('orders').insert({ year: 2024, no: 1, buyer_id: buyer }).select())
  ok(await db.from('order_lines').upsert({ order_year: 2024, order_no: 1, line: 1, product_id: cup.id, quantity: 3 }).select())
  ok(await db.from('Größe "x"').insert({ 'a"b': 'odd', größe: 2, 'product id': cup.id }).select('größe'))

  const change: TablesUpdate<'products'> = { weight: 1.5 }
  const changed = ok(await db.from('products').update(change).eq('id', cup.id).select('weight').single())
  same<{ weight: number | null }>()(changed)
  is(changed, { weight: 1.5 })
  const bill = ok(await db.schema('billing').from('invoices').insert({ payer_id: buyer }).select('state').single())
  same<{ state: 'open' | 'paid' }>()(bill)
  is(bill, { state: 'open' })
}

export async function read(db: Client, is: Is) {
  const products = ok(await db.from('products').select('name, dear, state, sizes, about:meta'))
  same<{ name: string; dear: boolean | null; state: Enums<'products_state'> | null; sizes: Enums<'products_sizes'>[] | null; about: Json | null }[]>()(products)
  is(products, [{ name: 'Cup', dear: true, state: 'on sale', sizes: ['s', 'l'], about: { colours: ['blue'] } }])

  // One row, by the column, by the relation's name and by a hint.
  const one = ok(await db.from('products').select('seller_id(name), seller(kind), people!products_seller_id_fkey(name)').single())
  same<{ seller_id: { name: string } | null; seller: { kind: Enums<'people_kind'> } | null; people: { name: string } | null }>()(one)
  is(one, { seller_id: { name: 'Ann' }, seller: { kind: 'both' }, people: { name: 'Ann' } })

  // Several keys to one target need a hint, or their names.
  const orders = ok(await db.from('orders').select('no, buyer:people!orders_buyer_id_fkey(name), seller:people!seller_id(name), payer:buyer(name)'))
  same<{ no: number; buyer: { name: string }; seller: { name: string } | null; payer: { name: string } }[]>()(orders)
  is(orders, [{ no: 1, buyer: { name: 'Ben' }, seller: null, payer: { name: 'Ben' } }])

  // Many rows: back along a key, through a junction, under a declared name; one where the key is unique.
  const people = ok(await db.from('people').select('name, profiles(about), purchases(no), liked(name), favourites(product_id)').order('name'))
  same<{
    name: string; profiles: { about: string | null } | null; purchases: { no: number }[]; liked: { name: string }[]; favourites: { product_id: number }[]
  }[]>()(people)
  is(people.map(({ favourites, ...p }) => ({ ...p, n: favourites.length })), [
    { name: 'Ann', profiles: { about: 'Sells.' }, purchases: [], liked: [], n: 0 },
    { name: 'Ben', profiles: null, purchases: [{ no: 1 }], liked: [{ name: 'Cup' }], n: 1 },
  ])
  const profile = ok(await db.from('profiles').select('people(name), person(kind)').single())
  same<{ people: { name: string }; person: { kind: Enums<'people_kind'> } }>()(profile)
  is(profile, { people: { name: 'Ann' }, person: { kind: 'both' } })

  const shelves = ok(await db.from('products').select('shelves(title), categories(title)').single())
  same<{ shelves: { title: string }[]; categories: { title: string }[] }>()(shelves)
  is(shelves, { shelves: [{ title: 'All' }], categories: [{ title: 'All' }] })

  // Composite keys, nested; the inner join; a self-reference both ways.
  const lines = ok(await db.from('order_lines').select('quantity, orders!inner(year, buyer(name)), product(name)'))
  same<{ quantity: number; orders: { year: number; buyer: { name: string } }; product: { name: string } }[]>()(lines)
  is(lines, [{ quantity: 3, orders: { year: 2024, buyer: { name: 'Ben' } }, product: { name: 'Cup' } }])
  const back = ok(await db.from('orders').select('order_lines(line, products(name))').single())
  same<{ order_lines: { line: number; products: { name: string } }[] }>()(back)
  is(back, { order_lines: [{ line: 1, products: { name: 'Cup' } }] })
  const tree = ok(await db.from('categories').select('title, parent(title), parent_id(title), categories(title)').order('id'))
  same<{ title: string; parent: { title: string } | null; parent_id: { title: string } | null; categories: { title: string }[] }[]>()(tree)
  is(tree, [
    { title: 'All', parent: null, parent_id: null, categories: [{ title: 'Cups' }] },
    { title: 'Cups', parent: { title: 'All' }, parent_id: { title: 'All' }, categories: [] },
  ])

  // Spreads, counts, aggregates, casts, views, odd names, other namespaces.
  const spread = ok(await db.from('order_lines').select('line, ...orders(year, placed_at), ...products(name)').single())
  same<{ line: number; year: number; placed_at: string; name: string }>()(spread)
  is([spread.line, spread.year, spread.name], [1, 2024, 'Cup'])
  const many = ok(await db.from('people').select('name, ...purchases(no)').eq('name', 'Ben').single())
  same<{ name: string; no: number[] }>()(many)
  is(many, { name: 'Ben', no: [1] })
  const counted = ok(await db.from('people').select('name, purchases(count)').order('name'))
  same<{ name: string; purchases: { count: number }[] }[]>()(counted)
  is(counted.map((p) => p.purchases), [[{ count: 0 }], [{ count: 1 }]])
  const sum = ok(await db.from('order_lines').select('quantity.sum(), price:product_id::text').single())
  same<{ sum: number; price: string }>()(sum)
  is([sum.sum, typeof sum.price], [3, 'string'])
  const sales = ok(await db.from('sales').select('pieces, lines, state, products(name), product(seller(name))').single())
  same<{
    pieces: number | null; lines: number; state: Enums<'products_state'> | null; products: { name: string }; product: { seller: { name: string } | null }
  }>()(sales)
  is(sales, { pieces: 3, lines: 1, state: 'on sale', products: { name: 'Cup' }, product: { seller: { name: 'Ann' } } })
  const odd = ok(await db.from('Größe "x"').select().single())
  same<{ 'the id': number; 'a"b': string | null; größe: number | null; 'product id': number | null }>()(odd)
  is([odd['a"b'], odd.größe], ['odd', 2])
  const bills = ok(await db.schema('billing').from('reminders').select('invoices(state), invoice(payer_id)'))
  same<{ invoices: { state: 'open' | 'paid' }; invoice: { payer_id: string } }[]>()(bills)
  is(bills, [])
  const paid: Enums<{ schema: 'billing' }, 'invoices_state'> = 'paid'
  const bill: Tables<{ schema: 'billing' }, 'invoices'> = { id: '', payer_id: '', state: paid }
  is(bill.state, 'paid')
  const hidden = ok(await db.from('people').select('email').limit(1).single())
  same<{ email: string | null }>()(hidden)
  is(hidden, { email: null })
}

export async function call(db: Client, is: Is) {
  const dear = ok(await db.rpc('dear_products', { least: 100 }))
  same<{
    id: number; title: string; state: Enums<'products_state'> | null; seller: { name: string; email: string | null } | null; shelves: { title: string }[]
  }[]>()(dear)
  is(dear.map(({ id, ...p }) => p), [{ title: 'Cup', state: 'on sale', seller: { name: 'Ann', email: null }, shelves: [{ title: 'All' }] }])
  const further = ok(await db.rpc('dear_products', { least: 0, state: null }).select('name, price, seller(kind)').eq('visible', true).single())
  same<{ name: string; price: number; seller: { kind: Enums<'people_kind'> } | null }>()(further)
  is(further, { name: 'Cup', price: 120.5, seller: { kind: 'both' } })
  const sellers = ok(await db.rpc('sellers'))
  same<{ name: string }[]>()(sellers)
  is(sellers, [{ name: 'Ann' }])
  const twice = ok(await db.rpc('twice', { n: 21 }))
  same<number>()(twice)
  is(twice, 42)
  const role = ok(await db.rpc('role'))
  same<string>()(role)
  is(role, 'anon')
  const [ann] = ok(await db.from('people').select('id').eq('name', 'Ann'))
  const [cup] = ok(await db.from('products').select('id'))
  const done = ok(await db.rpc('like', { person: ann?.id ?? '', product: cup?.id ?? 0 }))
  same<{ status: number; headers: { [name: string]: string }; body: Json }[]>()(done)
  is(done.map((s) => [s.status, s.body]), [[201, [{ person_id: ann?.id, product_id: cup?.id }]]])
}

// What is wrong, and does not compile. It is never run.
export async function wrong(db: Client) {
  // @ts-expect-error no such collection
  db.from('peoples')
  // @ts-expect-error for service_role alone
  db.from('ledger')
  // @ts-expect-error no such column
  db.from('people').select().eq('nmae', 'Ann')
  // @ts-expect-error not a word of the enum
  db.from('people').select().eq('kind', 'thief')
  // @ts-expect-error a text, not a number
  db.from('people').insert({ name: 1 })
  // @ts-expect-error name is missing
  db.from('people').insert({ kind: 'buyer' })
  // @ts-expect-error not a word of the enum
  db.from('people').insert({ name: 'Eve', kind: 'thief' })
  // @ts-expect-error no such column
  db.from('people').insert({ name: 'Eve', age: 3 })
  // @ts-expect-error a required column takes no null
  db.from('people').update({ name: null })
  // @ts-expect-error written by the server alone
  db.from('products').insert({ name: 'Pot', price: 1, created_at: '2024-01-01' })
  // @ts-expect-error computed
  db.from('products').update({ dear: true })
  // @ts-expect-error a service_role's field
  db.from('people').update({ bank: 'x' })
  // @ts-expect-error a view is only read
  db.from('sales').insert({ pieces: 1 })
  // @ts-expect-error a billing collection
  db.schema('billing').from('people')
  // @ts-expect-error another namespace
  db.schema('shipping')
  // @ts-expect-error a relation is no function to call
  db.rpc('buyer', { id: 1 })
  // @ts-expect-error no such function
  db.rpc('thrice', { n: 1 })
  // @ts-expect-error for service_role alone
  db.rpc('audit')
  // @ts-expect-error n is a number
  db.rpc('twice', { n: '1' })
  // @ts-expect-error no such argument
  db.rpc('twice', { m: 1 })
  // @ts-expect-error least is missing
  db.rpc('dear_products', { state: 'draft' })
  // @ts-expect-error not a word of the argument
  db.rpc('dear_products', { least: 1, state: 'gone' })
  // @ts-expect-error no such column
  db.rpc('dear_products', { least: 1 }).eq('prize', 1)

  const column = ok(await db.from('people').select('name, nmae').single())
  // @ts-expect-error the select names a column that is not there
  column.name
  const embed = ok(await db.from('people').select('name, invoices(id)').single())
  // @ts-expect-error no way leads there
  embed.invoices.id
  const inner = ok(await db.from('order_lines').select('orders(yaer)').single())
  // @ts-expect-error no such column inside
  inner.orders.yaer
  const two = ok(await db.from('orders').select('people(name)').single())
  // @ts-expect-error two ways: a hint is needed
  two.people.name
  const meant = ok(await db.from('products').select('people(name)').single())
  // @ts-expect-error the seller, or those who like it
  meant.people.name
  const one = ok(await db.from('profiles').select('people(name)').single())
  // @ts-expect-error one row, not a list
  one.people.map
  const many = ok(await db.from('people').select('purchases(no)').single())
  // @ts-expect-error a list, not one row
  many.purchases.no
  const maybe = ok(await db.from('products').select('seller(name)').single())
  // @ts-expect-error there may be none
  maybe.seller.name
}
