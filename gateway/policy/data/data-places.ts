import { isDataFile } from './join-data.ts'
import { jsonPlaces, pointerOf, type TextPlace } from './json-places.ts'

/** Where a member of the policy data stands in the folder. */
export interface DataPlace extends TextPlace { readonly file: string }

/** Finds a member by its steps below `weir/data`, such as `['grants', 'author']`; null when it stands nowhere. */
export type FindData = (steps: readonly string[]) => DataPlace | null

interface DataFile { readonly file: string, readonly steps: readonly string[], readonly text: string, places: ReadonlyMap<string, TextPlace> | null }

/** Looks members up in the `data.json` files of a policy folder. A file's own folder is the beginning of where its members are. */
export function dataPlaces (files: ReadonlyMap<string, string>): FindData {
  const all: DataFile[] = [...files]
    .filter(([file]) => isDataFile(file))
    .map(([file, text]) => ({ file, steps: file.split('/').slice(0, -1), text, places: null }))
  return (steps) => {
    const wanted = ['weir', 'data', ...steps]
    for (const data of all) {
      if (!data.steps.every((step, i) => wanted[i] === step)) continue
      data.places ??= jsonPlaces(data.text)
      const place = data.places.get(pointerOf(wanted.slice(data.steps.length)))
      if (place !== undefined) return { file: data.file, ...place }
    }
    return null
  }
}

/** The place of the member, or of the nearest one around it that stands somewhere: where it would have to be written. */
export function nearestPlace (find: FindData, steps: readonly string[]): DataPlace | null {
  for (let length = steps.length; length > 0; length -= 1) {
    const place = find(steps.slice(0, length))
    if (place !== null) return place
  }
  return null
}
