"""x"""
def encodings(): return ()
