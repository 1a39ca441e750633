import { anthropic } from '../adapters/anthropic/format.ts'
import { gemini } from '../adapters/gemini/format.ts'
import type { ModelFormat, ModelFormatName } from '../adapters/model-format.ts'
import { openaiChat } from '../adapters/openai-chat/format.ts'
import { openaiResponses } from '../adapters/openai-responses/format.ts'

type Formats = readonly [ModelFormat, ...ModelFormat[]]

const FORMATS: Readonly<Record<ModelFormatName, Formats>> = {
  'openai-chat': [openaiChat],
  'openai-responses': [openaiResponses, openaiChat], // who speaks the newer one speaks the older one too
  anthropic: [anthropic],
  gemini: [gemini],
}

/** The wire formats in which a provider of this kind may be asked, its own first. */
export function formatsOf (name: ModelFormatName): Formats {
  return FORMATS[name]
}
