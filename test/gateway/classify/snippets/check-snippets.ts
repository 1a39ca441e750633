import type { Test } from 'tap'
import type { SnippetLanguage } from '../../../../gateway/classify/snippets/snippet-language.ts'
import { readSnippet } from '../../../../gateway/classify/snippets/snippet-reader.ts'

/** Of a language what people try out, and what starts, sends, opens or hides something. */
export interface SnippetRow { readonly name: string, readonly language: SnippetLanguage, readonly plain: readonly string[], readonly more: readonly string[] }

// A file that is judged like one that `cat` shows is as good as refused when it is a secret's: no such one may be named.
const GUARDED = /(?:^|\/)\.env|^\/(?:etc|root)|\.git/

/** Tests that each text is read as its row says, and that nothing put around one makes it pass. */
export async function checkSnippets (t: Test, rows: readonly SnippetRow[]): Promise<void> {
  for (const { name, language, plain, more } of rows) {
    await t.test(`${name}: what only computes is known in full`, (t) => {
      for (const text of plain) t.ok(readSnippet(text, language), text)
      t.end()
    })

    await t.test(`${name}: whatever could do more is not understood`, (t) => {
      for (const text of more) t.equal(readSnippet(text, language), null, text)
      t.end()
    })

    await t.test(`${name}: what is put around a text that is not understood does not make it one that is`, (t) => {
      for (const text of more) for (const first of plain) t.equal(readSnippet(`${first}\n${text}`, language), null, text)
      for (const text of plain) t.notOk(readSnippet(text, language)?.reads.some(({ root }) => GUARDED.test(root)), text)
      t.end()
    })
  }
}
