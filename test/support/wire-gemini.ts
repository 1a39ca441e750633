import { sse, USED, type Step, type Turn, type Wire } from './wire.ts'

interface Content { readonly role?: string, readonly parts: ReadonlyArray<Readonly<Record<string, unknown>>> }

const usageMetadata = { promptTokenCount: USED.input, candidatesTokenCount: USED.output, totalTokenCount: USED.input + USED.output }

/** Gemini `generateContent` and its stream. */
export const geminiWire: Wire = {
  version: 'v1beta',
  turns: ({ contents }: { contents: readonly Content[] }) => contents.map((content) => ({ speaker: speakerOf(content), text: JSON.stringify(content.parts) })),
  streams: (url) => url.includes(':streamGenerateContent'),
  whole: (step) => ({ candidates: [{ content: { role: 'model', parts: partsOf(step) }, finishReason: finishOf(step), index: 0 }], usageMetadata, modelVersion: 'model-1' }),
  events: (step) => [
    ...partsOf(step).map((part) => sse({ candidates: [{ content: { role: 'model', parts: [part] }, index: 0 }], modelVersion: 'model-1' })),
    sse({ candidates: [{ content: { role: 'model', parts: [{ text: '' }] }, finishReason: finishOf(step), index: 0 }], usageMetadata, modelVersion: 'model-1' }),
  ],
}

function finishOf (step: Step): string {
  return 'text' in step ? step.end ?? 'STOP' : 'STOP'
}

function partsOf (step: Step): readonly object[] {
  return 'text' in step ? [{ text: step.text }] : step.calls.map(([name, args]) => ({ functionCall: { name, args } }))
}

function speakerOf ({ role, parts }: Content): Turn['speaker'] {
  if (role === 'model') return 'model'
  return parts.some((part) => 'functionResponse' in part) ? 'tool' : 'user'
}
