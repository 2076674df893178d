// The shop's two invented customers. Their passwords are printed on the sign-in page: it is a demo.

export interface Order {
  readonly number: string
  readonly placedOn: string
  readonly what: string
  readonly totalCents: number
  readonly state: string
}

export interface Customer {
  readonly user: string
  readonly password: string
  readonly name: string
  readonly address: readonly string[]
  readonly card: string
  readonly points: number
  readonly since: string
  readonly orders: readonly Order[]
}

export const CUSTOMERS: readonly Customer[] = [
  {
    user: 'mira',
    password: 'lantern',
    name: 'Mira Holm',
    address: ['12 Quay Lane', '4180 Sandhavn'],
    card: 'Card ending in 4412',
    points: 1240,
    since: 'March 2021',
    orders: [
      { number: 'LL-20417', placedOn: '2 May', what: 'Paper moon, 2 pieces', totalCents: 7200, state: 'Delivered' },
      { number: 'LL-20388', placedOn: '11 April', what: 'Tidal throw', totalCents: 8900, state: 'Delivered' },
    ],
  },
  {
    user: 'jonas',
    password: 'loom',
    name: 'Jonas Weber',
    address: ['Am Webstuhl 7', '99084 Lindenau'],
    card: 'Invoice, 14 days',
    points: 85,
    since: 'last week',
    orders: [{ number: 'LL-20533', placedOn: 'yesterday', what: 'Lap loom', totalCents: 6400, state: 'Being packed' }],
  },
]

/** The customer with this name and password. Nothing is worth hiding from a stopwatch here. */
export function findCustomer(user: string, password: string): Customer | undefined {
  return CUSTOMERS.find((customer) => customer.user === user.trim().toLowerCase() && customer.password === password)
}
