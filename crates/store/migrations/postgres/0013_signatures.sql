-- The other side's signature over an agreement; none of a peer that signs nothing.
ALTER TABLE ds_agreement ADD COLUMN peer_signature TEXT;
