// SPDX-License-Identifier: Apache-2.0
//
// What a language calls itself: the menu of a player shows "Deutsch" to the person who reads
// German.
#ifndef MEDIA_LANGUAGE_H
#define MEDIA_LANGUAGE_H

// The name of BCP 47 tag `tag` in the language itself: the whole tag's where it is known ("pt-BR"),
// else its primary language's ("de-CH" is "Deutsch"), else the tag itself. Lives as long as the
// program, or as `tag`.
const char *language_name(const char *tag);

#endif
