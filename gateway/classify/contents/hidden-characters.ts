// Texts for people, which hold every language there is.
const TRANSLATED = /(?:^|\/)(?:i18n|l10n|locales?|lang(?:uage)?s?|translations?|messages|intl|nls|strings|fonts?|unicode|cldr)\/|(?:^|\/)(?:messages|strings|translations?|locales?|i18n|unicode\w*)[\w.-]*$|[._-](?:ar|he|fa|ur|ps|yi|ku|ug|hi|bn|ml|ta|te|si|km)(?:[-_]\w+)?\.\w+$/i
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g
const WRITTEN_RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/
const NEAR = 40 // characters on each side that say whether a turn of direction has something to turn
// Tags after a black flag are a region's flag, and a selector behind a Chinese character is one of its forms.
const TAGS = /(?<!\u{1f3f4}[\u{e0000}-\u{e007f}]{0,8})[\u{e0000}-\u{e007f}]|(?<!\p{Script=Han})[\u{e0100}-\u{e01ef}]|[\ufe00-\ufe0f]{4}/u
// Nobody sees them between the letters of a name, and each makes another name of it.
const JOINTS = /[A-Za-z0-9_$][\u200b-\u200f\u2060-\u2064\ufeff]+[A-Za-z0-9_$]/
const FILLERS = /(?<![\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff\uffa0-\uffdc])[\u115f\u1160\u3164\uffa0](?![\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff\uffa0-\uffdc])/

/** Whether people would see something else of a source than what runs. */
export function hidesItself (path: string, text: string): boolean {
  if (TAGS.test(text)) return true
  if (TRANSLATED.test(path)) return false
  if (JOINTS.test(text) || FILLERS.test(text)) return true
  for (const { index } of text.matchAll(TURNS)) if (!WRITTEN_RIGHT_TO_LEFT.test(text.slice(Math.max(0, index - NEAR), index + NEAR))) return true
  return false
}
