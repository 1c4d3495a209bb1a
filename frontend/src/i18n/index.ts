import i18n from 'i18next';
import { initReactI18next } from 'react-i18next';

export const LANGUAGES = { ko: '한국어', en: 'English' } as const;
export type Language = keyof typeof LANGUAGES;

const KEY = 'malgil.language';
const catalogues = {
  ko: () => import('./ko.json'),
  en: () => import('./en.json'),
};

const isLanguage = (value: string | null): value is Language =>
  value !== null && value in LANGUAGES;

/** What was chosen here before, else the first of the browser's languages that we have. */
function preferred(): Language {
  const chosen = localStorage.getItem(KEY);
  if (isLanguage(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? 'en';
}

async function load(language: Language): Promise<void> {
  const { default: catalogue } = await catalogues[language]();
  i18n.addResourceBundle(language, 'translation', catalogue);
  await i18n.changeLanguage(language);
  document.documentElement.lang = language;
}

/** Only the catalogue that is shown is loaded. */
export async function startI18n(): Promise<void> {
  await i18n.use(initReactI18next).init({
    lng: preferred(),
    fallbackLng: false,
    resources: {},
    interpolation: { escapeValue: false },
    showSupportNotice: false,
    returnNull: false,
  });
  await load(preferred());
}

export async function changeLanguage(language: Language): Promise<void> {
  localStorage.setItem(KEY, language);
  await load(language);
}
