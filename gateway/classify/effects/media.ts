import { effectTable, splitArguments, type Effect, type Invocation } from '../programs/invocation.ts'
import { literal, type Field } from '../shell/facts.ts'

// Formats whose names only say how to write or make a picture. Behind any other (`text:`, `msl:`, `https:`) stands a file to print, code or an address.
const PICTURE = /^(?:png|jpe?g|gif|webp|tiff?|bmp|ico|avif|heic|pdf|xc|canvas|gradient|radial-gradient|plasma|null|info|rgba?|gray|histogram):/i
const PREFIX = /^(?:[A-Za-z][\w+.-]+):/
// A leading `@` takes a text from a file, a leading bar starts a program; scripts are of the tool's own language.
const HANDS_OVER = /^[@|]|^-(?:script|write|write-mask|monitor|authenticate|passphrase|encipher|decipher)$|%\[|\bfx:|msl|mvg:/i
const PATH = /^(?![-+])(?:[^\s:]*\/)?[^\s/:]*\.\w{2,5}(?:\[\d[\d,-]*\])?$|^[^-+\s:][^\s:]*\//

/** `convert`, `magick` and their like: operands are pictures, the last of which is made. */
function pictures (result: 'last' | 'all' | 'none'): Effect {
  return (invocation) => {
    const { facts, directories } = invocation
    const args = invocation.name === 'magick' && /^(?:convert|identify|mogrify|montage|composite|compare)$/.test(invocation.args[0]?.text ?? '') ? invocation.args.slice(1) : invocation.args
    const looks = result === 'none' || invocation.args[0]?.text === 'identify'
    for (const [at, arg] of args.entries()) {
      if (!arg.known) return facts.problem('unknown-argument')
      if (HANDS_OVER.test(arg.text) && !(looks && /^%\[(?:fx:)?\w+\]$/.test(arg.text))) facts.problem('evaluated-text')
      if (PREFIX.test(arg.text) && !PICTURE.test(arg.text)) facts.problem('evaluated-text')
      if (args[at - 1]?.text === '-path') facts.touch(arg, 'write', directories)
      const picture = withoutFormat(arg)
      if (!PATH.test(picture.text) && at < args.length - 1) continue
      if (picture.text.startsWith('-') || picture.text === '') continue
      facts.touch(picture, 'read', directories)
      if (!looks && (result === 'all' || at === args.length - 1)) facts.touch(picture, 'write', directories)
    }
  }
}

function withoutFormat (arg: Field): Field {
  const [prefix = ''] = PICTURE.exec(arg.text) ?? []
  return /^(?:xc|canvas|(?:radial-)?gradient|plasma|null|info):/i.test(prefix) ? literal('') : { ...arg, text: arg.text.slice(prefix.length).replace(/\[\d[\d,-]*\]$/, '') }
}

// Lists of other files, addresses, and filters that open files of their own.
const STREAM_HANDS = /^-(?:filter_(?:complex_)?script|\/filter\w*|dump_attachment|attach|report|passlogfile|vstats_file|progress|init_hw_device|protocol_whitelist|safe|fpre|vpre|apre|pre|sdp_file|dump|hex)(?::.*)?$|\b(?:a?movie|textfile|fontfile|filename|file|file_open|metadata=print|sendcmd|zmq|lut[13]d|stats_file|model|ladspa|frei0r\w*|lv2)=/i
const STREAM_FORMATS = /^(?:concat|tee|segment|stream_segment|hls|dash|ssegment|data|rtp|rtsp|mpegts_http|ffmetadata|fifo|u?int8|[us]8|rawvideo)$/

/** `ffmpeg` and `ffprobe`: inputs stand behind `-i`; any other operand is made. */
const streams: Effect = ({ args, name, facts, directories }) => {
  for (const [at, arg] of args.entries()) {
    const before = args[at - 1]?.text ?? ''
    if (!arg.known) return facts.problem('unknown-argument')
    if (STREAM_HANDS.test(arg.text) || (/^-(?:f|format)$/.test(before) && STREAM_FORMATS.test(arg.text))) return facts.problem('evaluated-text')
    const operand = !arg.text.startsWith('-') && (!before.startsWith('-') || SWITCH.test(before))
    const input = before === '-i'
    if ((input || operand || /:\/\//.test(arg.text)) && /^(?!pipe:)[a-z][\w+]*:/i.test(arg.text)) return facts.network()
    if (name === 'ffprobe' && before === '-o') facts.touch(arg, 'write', directories)
    if (input || operand) facts.touch(arg, !input && name === 'ffmpeg' ? 'write' : 'read', directories)
  }
}
const SWITCH = /^-(?:y|n|an|vn|sn|dn|shortest|nostdin|nostats|stats|hide_banner|show_\w+|pretty|unit|sexagesimal|benchmark|copyts|re|version|formats|codecs|filters)$/

// What is written, compared or told to be evaluated has a sign; `-@` takes more words from a file.
const EXIF_HANDS = /[=<]|^-(?:@|config|if\d*|p|printformat|execute\d*|api|userparam|w\w*|tagout\w*|textout\w*|o|out|geo\w*|tagsfromfile|addtagsfromfile|delete_original!?|overwrite_original\w*|restore_original|filename|directory|stay_open|fileorder|efile\w*|diff|csv|json)(?:$|[^a-z])/i

const tags: Effect = ({ args, facts, directories }) => {
  for (const arg of args) {
    if (!/^-(?:json|csv)$/.test(arg.text) && EXIF_HANDS.test(arg.text)) return facts.problem('evaluated-text')
    if (!arg.text.startsWith('-')) facts.touch(arg, 'read', directories)
  }
}

/** Converters of one file into another: every operand is read, and those from `first` on are made. */
function converts (first: number, valued: readonly string[] = []): Effect {
  const options = new Set([...valued, '-o', '--output', '--output-file'])
  return ({ args, facts, directories }: Invocation) => {
    const { operands, values } = splitArguments(args, options)
    if (operands.some(({ text }) => /^[@|]|:\/\//.test(text))) facts.problem('evaluated-text')
    for (const [at, operand] of operands.entries()) if (operand.text !== '-') facts.touch(operand, at >= first || (first < 0 && operands.length > 1 && at === operands.length - 1) ? 'write' : 'read', directories)
    for (const { flag, value } of values) {
      if (/^-o$|^--output/.test(flag)) facts.touch(value, 'write', directories)
      else if (/[./]/.test(value.text)) facts.touch(value, 'read', directories)
    }
  }
}

/** Tools for pictures, sound, film and pages: what they read and make, and the words by which they do more than that. */
export const MEDIA_EFFECTS = effectTable([
  ['convert magick montage composite compare', pictures('last')],
  ['mogrify', pictures('all')],
  ['identify', pictures('none')],
  ['ffmpeg ffprobe', streams],
  ['exiftool', tags],
  ['pngquant optipng oxipng jpegoptim gifsicle', converts(0, ['--ext', '--quality', '--speed', '-s', '-q', '-m', '--max', '--colors', '--resize', '-d', '--dest'])],
  ['cwebp dwebp gif2webp avifenc woff2_compress woff2_decompress jpegtran ttx pyftsubset', converts(1, ['-q', '-m', '-resize', '-preset', '-outfile'])],
  ['pdftotext pdftoppm pdfimages pdfseparate tesseract d2', converts(1, ['-f', '-l', '-r', '-x', '-y', '-W', '-H', '-scale-to', '-enc', '--psm', '--oem', '--theme', '-t', '--layout', '--pad'])],
  ['pdfunite qpdf sox lame flac oggenc opusenc', converts(-1, ['-r', '-b', '-c', '-V', '--bitrate'])],
  ['rsvg-convert pdfinfo mediainfo soxi fc-scan', converts(99, ['-w', '-h', '-z', '-f', '-d', '-p', '-b'])],
])
