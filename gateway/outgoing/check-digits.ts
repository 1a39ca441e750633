/** Whether numbers that people are known by are well formed: each function takes digits (and letters) without separators. */

const CARD_PREFIX = /^(?:4|5[1-5]|2[2-7]|3[4-9]|30|6[0245])/ // Visa, Mastercard, American Express, Diners, JCB, Discover, Maestro, UnionPay
const CARD_LENGTHS: Readonly<Record<string, readonly number[]>> = { 2: [16], 3: [14, 15, 16], 4: [13, 16, 19], 5: [16], 6: [16, 17, 18, 19] }
const DNI_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE'
const PESEL_WEIGHTS = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]
const FISCAL_ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]

/** Number of a payment card: the networks' first digits and lengths, and Luhn's check digit (ISO/IEC 7812-1). */
export function isCard (digits: string): boolean {
  return CARD_PREFIX.test(digits) && CARD_LENGTHS[digits[0] ?? '']?.includes(digits.length) === true && isLuhn(digits)
}

/** IBAN (ISO 13616), of the right length for its country. */
export function isIban (iban: string): boolean {
  let rest = 0
  for (const char of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(char, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}

/** Brazil's CPF: two check digits. */
export function isCpf (digits: string): boolean {
  if (/^(\d)\1*$/.test(digits)) return false
  const check = (count: number): number => (sumOf(digits.slice(0, count), (value, at) => value * (count + 1 - at)) * 10) % 11 % 10
  return check(9) === Number(digits[9]) && check(10) === Number(digits[10])
}

/** Germany's tax id: one digit of the first ten stands there two or three times, and a check digit (ISO 7064 MOD 11,10). */
export function isGermanTaxId (digits: string): boolean {
  const counts = new Map<string, number>()
  for (const digit of digits.slice(0, 10)) counts.set(digit, (counts.get(digit) ?? 0) + 1)
  const repeated = [...counts.values()].filter((count) => count > 1)
  if (repeated.length !== 1 || (repeated[0] ?? 0) > 3) return false
  let product = 10
  for (const digit of digits.slice(0, 10)) {
    const sum = (Number(digit) + product) % 10
    product = ((sum === 0 ? 10 : sum) * 2) % 11
  }
  return (11 - product) % 10 === Number(digits[10])
}

/** Spain's DNI and NIE: a letter made of the number. */
export function isDni (text: string): boolean {
  const number = text.slice(0, -1).replace('X', '0').replace('Y', '1').replace('Z', '2')
  return DNI_LETTERS[Number(number) % 23] === text.at(-1)
}

/** France's NIR (social security): the last two digits are made of the others. Not those of Corsica, which have a letter. */
export function isNir (digits: string): boolean {
  return 97 - Number(digits.slice(0, 13)) % 97 === Number(digits.slice(13))
}

/** Italy's fiscal code: the last letter is made of the others. */
export function isFiscalCode (text: string): boolean {
  let sum = 0
  for (const [at, char] of [...text.slice(0, 15)].entries()) {
    const value = /\d/.test(char) ? Number(char) : char.charCodeAt(0) - 65
    sum += at % 2 === 0 ? FISCAL_ODD[value] as number : value
  }
  return String.fromCharCode(65 + sum % 26) === text[15]
}

/** Poland's PESEL: a date of birth and a check digit. */
export function isPesel (digits: string): boolean {
  const month = Number(digits.slice(2, 4)) % 20
  const day = Number(digits.slice(4, 6))
  if (month < 1 || month > 12 || day < 1 || day > 31) return false
  return (10 - sumOf(digits.slice(0, 10), (value, at) => value * (PESEL_WEIGHTS[at] as number)) % 10) % 10 === Number(digits[10])
}

function isLuhn (digits: string): boolean {
  return sumOf(digits, (value, at) => {
    if ((digits.length - at) % 2 === 1) return value
    return value > 4 ? value * 2 - 9 : value * 2
  }) % 10 === 0
}

function sumOf (digits: string, weighed: (value: number, at: number) => number): number {
  let sum = 0
  for (let at = 0; at < digits.length; at += 1) sum += weighed(digits.charCodeAt(at) - 48, at)
  return sum
}
