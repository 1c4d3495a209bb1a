type KeyEvent = { nativeEvent: { isComposing: boolean }; keyCode: number };

/**
 * Whether a key belongs to the input method, as while a Korean syllable is put together. Safari
 * ends the composition before it tells of the Enter that ended it; only the old code 229 shows it.
 */
export const isComposing = (event: KeyEvent): boolean =>
  event.nativeEvent.isComposing || event.keyCode === 229;
