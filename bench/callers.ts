/** What callers measured that each wait for one answer before they ask again. */
export interface Waited {
  readonly seconds: number
  /** One for each answer, in rising order. */
  readonly waitsMs: readonly number[]
}

/** Does `work` this often in all, from so many callers at once. */
export async function fromCallers (work: (place: number) => Promise<unknown>, { callers, total }: { readonly callers: number, readonly total: number }): Promise<Waited> {
  const waitsMs: number[] = []
  let started = 0
  async function caller (): Promise<void> {
    while (started < total) {
      const place = started
      started += 1
      const from = performance.now()
      await work(place)
      waitsMs.push(performance.now() - from)
    }
  }
  const from = performance.now()
  await Promise.all(Array.from({ length: callers }, caller))
  return { seconds: (performance.now() - from) / 1_000, waitsMs: waitsMs.sort((a, b) => a - b) }
}
