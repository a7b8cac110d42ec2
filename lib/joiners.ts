/**
 * Where the characters that join and part (ZWJ, ZWNJ, the emoji variation selector) say something that is seen: RFC 5892, appendix A, for letters
 * and UAX #29, rule GB11, for emoji. Joining types and viramas as of Unicode 14, which regular expressions of JavaScript do not know.
 */

/** Letters that join with the one after them (Joining_Type D and L), of scripts that are written today. */
const JOINS_NEXT =
  String.raw`\u0620\u0626\u0628\u062a-\u062e\u0633-\u063f\u0641-\u0647\u0649-\u064a\u066e-\u066f\u0678-\u0687\u069a-\u06bf` +
  String.raw`\u06c1-\u06c2\u06cc\u06ce\u06d0-\u06d1\u06fa-\u06fc\u06ff\u0712-\u0714\u071a-\u071d\u071f-\u0727\u0729\u072b` +
  String.raw`\u072d-\u072e\u074e-\u0758\u075c-\u076a\u076d-\u0770\u0772\u0775-\u0777\u077a-\u077f\u07ca-\u07ea\u0841-\u0845\u0848` +
  String.raw`\u084a-\u0853\u0855\u0860\u0862-\u0865\u0868\u0886\u0889-\u088d\u08a0-\u08a9\u08af-\u08b0\u08b3-\u08b8\u08ba-\u08c8` +
  String.raw`\u1807\u1820-\u1878\u1887-\u18a8\u18aa\u{1e900}-\u{1e943}`;

/** Letters that join with the one before them (Joining_Type D and R). */
const JOINS_PREVIOUS =
  String.raw`\u0620\u0622-\u063f\u0641-\u064a\u066e-\u066f\u0671-\u0673\u0675-\u06d3\u06d5\u06ee-\u06ef\u06fa-\u06fc\u06ff\u0710` +
  String.raw`\u0712-\u072f\u074d-\u077f\u07ca-\u07ea\u0840-\u0858\u0860\u0862-\u0865\u0867-\u086a\u0870-\u0882\u0886\u0889-\u088e` +
  String.raw`\u08a0-\u08ac\u08ae-\u08c8\u1807\u1820-\u1878\u1887-\u18a8\u18aa\u{1e900}-\u{1e943}`;

/** Marks that take a consonant's vowel (canonical combining class 9). */
const VIRAMA =
  String.raw`\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b-\u0d3c\u0d4d\u0dca\u0e3a\u0eba\u0f84\u1039-\u103a\u1714-\u1715` +
  String.raw`\u1734\u17d2\u1a60\u1b44\u1baa-\u1bab\u1bf2-\u1bf3\u2d7f\ua806\ua82c\ua8c4\ua953\ua9c0\uaaf6\uabed\u{10a3f}\u{11046}` +
  String.raw`\u{11070}\u{1107f}\u{110b9}\u{11133}-\u{11134}\u{111c0}\u{11235}\u{112ea}\u{1134d}\u{11442}\u{114c2}\u{115bf}\u{1163f}` +
  String.raw`\u{116b6}\u{1172b}\u{11839}\u{1193d}-\u{1193e}\u{119e0}\u{11a34}\u{11a47}\u{11a99}\u{11c3f}\u{11d44}-\u{11d45}\u{11d97}`;

const EMOJI = String.raw`\p{Extended_Pictographic}`;

/** The inside of a regular expression (flag u): one character that is unseen itself and meant where it stands. */
export const MEANT = [
  // Between letters that would join without it: Persian, Urdu.
  String.raw`(?<=[${JOINS_NEXT}]\p{M}*)\u200c(?=\p{M}*[${JOINS_PREVIOUS}])`,
  // After a virama: a conjunct is formed, or is not. Hindi, Bengali, Sinhala, Malayalam.
  String.raw`(?<=\p{L}\p{M}*[${VIRAMA}])(?:\u200d|\u200c(?=\p{L}))`,
  String.raw`(?<=${EMOJI}\ufe0f?\p{Emoji_Modifier}?)\u200d(?=${EMOJI})`,
  // Where the text would be a plain sign without it.
  String.raw`(?<=(?!\p{Emoji_Presentation})${EMOJI})\ufe0f`,
  String.raw`(?<=[0-9#*])\ufe0f(?=\u20e3)`,
].join('|');
