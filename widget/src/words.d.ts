// The English words of each part: the build takes them out of the catalogue, where "talk.endNo" is `endNo` of words:talk.
type English = typeof import("../../securemsg/words/en/frame.json");
type WordsOf<Part extends string> = { [Name in keyof English as Name extends `${Part}.${infer Word}` ? Word : never]: English[Name] };

declare module "words:frame" {
  const words: WordsOf<"frame">;
  export default words;
}
declare module "words:talk" {
  const words: WordsOf<"talk">;
  export default words;
}
declare module "words:log" {
  const words: WordsOf<"log">;
  export default words;
}
declare module "words:front" {
  const words: WordsOf<"front">;
  export default words;
}
declare module "words:forms" {
  const words: WordsOf<"forms">;
  export default words;
}
declare module "words:pieces" {
  const words: WordsOf<"pieces">;
  export default words;
}
declare module "words:check" {
  const words: WordsOf<"check">;
  export default words;
}
declare module "words:unsent" {
  const words: WordsOf<"unsent">;
  export default words;
}
declare module "words:places" {
  const words: WordsOf<"places">;
  export default words;
}
