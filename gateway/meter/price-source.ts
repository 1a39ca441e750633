import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where a price can be from, besides the published rate cards. */
export const PRICE_SOURCES = { stated: 'weir.yaml', worst: 'weir.yaml: unpriced', keyless: 'keyless provider' } as const

const PACKAGE = '@pydantic/genai-prices'

/** The published rate cards by name and version, so that a bill says which prices it was made with. */
export function publishedPrices (): string {
  // The package does not export its package.json, which stands above what it does export.
  const file = join(fileURLToPath(import.meta.resolve(PACKAGE)), '..', '..', 'package.json')
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
  return `${PACKAGE} ${version}`
}
