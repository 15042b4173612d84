/**
 * A shared access signature for a test: all rights, far from its end. The emulator reads what such a token allows and doesn't check
 * the signature.
 */
export const sas = "sv=2021-12-02&ss=bf&srt=sco&sp=rwdlacupx&se=2099-01-01T00:00:00Z&spr=https,http&sig=c2ln";
