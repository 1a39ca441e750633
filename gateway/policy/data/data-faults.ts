import { asGatewayError } from '../../core/errors.ts'
import { parseStrictJson } from '../../decode/strict-json.ts'
import { faultPlace, type TextPlace } from './json-places.ts'
import { isDataFile } from './join-data.ts'

const MAX_BYTES = 16 * 1024 * 1024 // what a whole policy folder may have

/** What is wrong with the text of a data file, and where. */
export interface DataFault extends TextPlace { readonly file: string, readonly text: string }

/**
 * The data files of a policy folder that are not JSON which every reader reads alike. OPA takes the last of two equal keys and
 * says nothing, while a reviewer may have read the first.
 */
export function dataFaults (files: ReadonlyMap<string, string>): readonly DataFault[] {
  return [...files].filter(([file]) => isDataFile(file)).flatMap(([file, text]) => {
    try {
      parseStrictJson(text, { maxBytes: MAX_BYTES })
      return []
    } catch (thrown) {
      return [{ file, ...faultPlace(text), text: asGatewayError(thrown).message }]
    }
  })
}
