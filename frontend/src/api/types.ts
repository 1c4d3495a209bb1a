/** The resources of the API, by the names that the rest of the client uses. */
import type { components } from './schema';

type Schemas = components['schemas'];
/** The schema marks fields with a default as optional; answers always carry them. */
type Answered<T> = { [K in keyof T]-?: T[K] };

export type Status = Schemas['ReplyStatus'];
export type PromptKind = Schemas['PromptKind'];
export type Config = Answered<Schemas['Config']>;
export type ConfigInput = Schemas['ConfigInputRequest'];
export type Choice = Answered<Schemas['Choice']>;
export type Prompt = Answered<Schemas['Prompt']>;
export type Reply = Omit<Schemas['Reply'], 'choices' | 'config'> & {
  choices: Choice[];
  config: Config;
};
export type Conversation = Omit<Schemas['Conversation'], 'prompts' | 'replies' | 'config'> & {
  prompts: Prompt[];
  replies: Reply[];
  config: Config;
};
export type Summary = Omit<Schemas['Summary'], 'config'> & { config: Config };
export type SummaryPage = Omit<Schemas['SummaryPage'], 'results'> & { results: Summary[] };
export type Quota = Schemas['Quota'];
export type Models = Schemas['Models'];
export type Member = Answered<Schemas['Member']>;
export type TokenPair = Schemas['TokenPair'];
export type Signup = Schemas['SignupRequest'];
export type ProblemBody = Schemas['Problem'];
export type ReplyInput = Schemas['ReplyInputRequest'];
export type Profile = Schemas['PatchedProfileFieldsRequest'];

/** `GET shared/{token}`: a conversation without who and what may change. */
export type SharedConversation = Pick<Conversation, 'title' | 'prompts' | 'replies'>;
export type Share = { token: string; url: string };
export type Provider = { id: string; name: string };
export type ConversationChange = Partial<Pick<Summary, 'title' | 'pinned' | 'archived'>> & {
  config?: ConfigInput;
};

export const isOpen = (status: Status): boolean => status === 'queued' || status === 'in_progress';
