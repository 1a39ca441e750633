import { anthropic } from '../adapters/anthropic/format.ts'
import { gemini } from '../adapters/gemini/format.ts'
import type { ModelFormat, ModelFormatName } from '../adapters/model-format.ts'
import { openaiChat } from '../adapters/openai-chat/format.ts'

const FORMATS: Readonly<Partial<Record<ModelFormatName, readonly ModelFormat[]>>> = {
  'openai-chat': [openaiChat],
  anthropic: [anthropic],
  gemini: [gemini],
}

/** The wire formats in which a provider of this kind may be asked. */
export function formatsOf (name: ModelFormatName): readonly ModelFormat[] {
  return FORMATS[name] ?? []
}
