-- What an edition says, whatever parts its files are in: by it one is made again and compared.
ALTER TABLE edition ADD COLUMN content TEXT;
