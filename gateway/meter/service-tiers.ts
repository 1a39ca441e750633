/** What a tier costs of the plain price, and whether that is known or the worst that it may be. */
export interface TierFactor { readonly factor: number, readonly isKnown: boolean }

type Factors = Readonly<Record<string, number>>

// By the id of the provider's rate card: what these providers publish for all of their models.
const OPENAI: Factors = Object.freeze({ flex: 0.5, batch: 0.5 })
const GOOGLE: Factors = Object.freeze({ flex: 0.5, batch: 0.5 })
const PUBLISHED: Readonly<Record<string, Factors>> = Object.freeze({
  openai: OPENAI, azure: OPENAI, google: GOOGLE, vertex: GOOGLE, anthropic: Object.freeze({ batch: 0.5, 'geo-us': 1.1 }),
})

// What is cheaper everywhere where it has a price of its own costs the plain price at most. The others differ by model: the most that is published of any.
const WORST: Factors = Object.freeze({ flex: 1, batch: 1, priority: 2.5, fast: 6 })
const WORST_OF_ANY = 2.5 // of a tier whose name says nothing; the fast mode of one provider, which is dearer, has a name

/**
 * @param tier names joined by `+`
 * @param stated the operator's own factors for this provider
 * @param card id of the rate card that the provider has, if it has one
 */
export function tierFactor (tier: string, stated: Factors | undefined, card: string | undefined): TierFactor {
  let [factor, isKnown] = [1, true]
  for (const name of tier.split('+')) {
    const known = own(stated, name) ?? own(card === undefined ? undefined : own(PUBLISHED, card), name)
    isKnown &&= known !== undefined
    factor *= known ?? own(WORST, name) ?? WORST_OF_ANY
  }
  return { factor, isKnown }
}

function own<T> (values: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined
}
